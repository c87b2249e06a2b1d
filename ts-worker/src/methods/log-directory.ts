// Where the logs are if nobody says it: where the installed recorder keeps them, else where it would.

import { existsSync } from 'node:fs';
import { PortReporterError } from '../model/error.ts';
import { readHealth } from '../service/health.ts';
import type { Machine } from '../service/source.ts';
import { defaultLogDirectory } from '../settings/places.ts';

async function recorderDirectory(createMachine: () => Promise<Machine>): Promise<string> {
  try {
    return (await readHealth(await createMachine())).logDirectory;
  } catch (error) {
    const isUnsupported =
      error instanceof PortReporterError && error.code === 'PR_SERVICE_UNSUPPORTED';
    if (!isUnsupported) throw error;
    return defaultLogDirectory(); // a recorder may run here under another supervisor
  }
}

/** Throws PR_LOG_NOT_FOUND where nothing has been recorded yet. */
export async function installedLogDirectory(
  createMachine: () => Promise<Machine>,
): Promise<string> {
  const directory = await recorderDirectory(createMachine);
  if (existsSync(directory)) return directory;
  const message = `Nothing has been recorded here: there is no log directory '${directory}'.`;
  const hint =
    'Install-PortReporter -AutoStart begins to record; logs that lie elsewhere need their path.';
  throw new PortReporterError('PR_LOG_NOT_FOUND', message, { target: directory, hint });
}
