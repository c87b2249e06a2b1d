// The one place that chooses who keeps services here.

import { PortReporterError } from '../model/error.ts';
import type { Machine } from './source.ts';

function unsupported(what: string, worker: string): PortReporterError {
  return new PortReporterError(
    'PR_SERVICE_UNSUPPORTED',
    `PortReporter can be installed as a service of systemd or of Windows, and ${what}.`,
    {
      target: process.platform,
      hint:
        'Let your own supervisor run the recorder in the foreground: portreporter-worker record ' +
        `(node '${worker}' record --log-directory DIRECTORY; --help tells the rest).`,
    },
  );
}

export async function createMachine(worker: string): Promise<Machine> {
  if (process.platform === 'linux') {
    const { createLinuxMachine, runsSystemd } = await import('./linux-machine.ts');
    if (await runsSystemd()) return createLinuxMachine();
    throw unsupported('systemd does not run here', worker);
  }
  if (process.platform === 'win32') {
    return (await import('./windows-machine.ts')).createWindowsMachine();
  }
  throw unsupported(`this system is '${process.platform}'`, worker);
}
