// `npm start`: this machine's ports, by the real Get-PortSnapshot in PowerShell.

import { join } from 'node:path';
import { buildWorker } from './build-worker.ts';
import { findPowerShell } from './powershell.ts';
import { run, say } from './shell.ts';

export async function start(root: string, args: readonly string[]): Promise<number> {
  await buildWorker(root);
  const powershell = await findPowerShell(root);
  const cmdlet = ['Get-PortSnapshot', ...args].join(' ');
  say(`Running ${cmdlet} …`);
  const manifest = join(root, 'PortReporter.psd1').replaceAll("'", "''");
  const command = `Import-Module '${manifest}'; ${cmdlet}`;
  return await run(powershell.program, [...powershell.args, '-Command', command], { cwd: root });
}
