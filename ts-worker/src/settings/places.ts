// Where an installed recorder keeps its things, unless it is told otherwise.

import { join } from 'node:path';

export function defaultLogDirectory(): string {
  if (process.platform !== 'win32') return '/var/log/portreporter';
  const windows = process.env.SystemRoot ?? 'C:\\Windows';
  return join(windows, 'System32', 'LogFiles', 'PortReporter');
}

/** Beside the installed worker. */
export const settingsFileName = 'settings.json';

/** In the log directory. */
export const statusFileName = 'status.json';
