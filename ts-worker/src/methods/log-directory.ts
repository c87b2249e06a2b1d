// Where the logs are if nobody says it: where the installed recorder keeps them, else where it would.

import { PortReporterError } from '../model/error.ts';
import { readHealth } from '../service/health.ts';
import type { Machine } from '../service/source.ts';
import { defaultLogDirectory } from '../settings/places.ts';

export async function installedLogDirectory(
  createMachine: () => Promise<Machine>,
): Promise<string> {
  try {
    return (await readHealth(await createMachine())).logDirectory;
  } catch (error) {
    const isUnsupported =
      error instanceof PortReporterError && error.code === 'PR_SERVICE_UNSUPPORTED';
    if (!isUnsupported) throw error;
    return defaultLogDirectory(); // a recorder may run here under another supervisor
  }
}
