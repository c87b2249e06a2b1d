// How the recorder is, from the service manager and status.json alone: nothing is asked of the
// recorder itself, so the answer comes at once, and also when it hangs or is gone.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { statusFileName } from '../settings/places.ts';
import { parseStatus, type RecorderStatus, staleAfter } from '../settings/status.ts';
import { installDirectoryOf, settingsFileOf } from './layout.ts';
import { readInstalledSettings, type SettingsFile } from './settings-file.ts';
import type { Machine, ServiceState } from './source.ts';

export interface Health {
  readonly service: ServiceState | null;
  readonly directory: string | null;
  readonly settingsFile: string | null;
  readonly logDirectory: string;
  /** The last that the recorder wrote; null where there is none, or it can't be read. */
  readonly status: RecorderStatus | null;
  /** Sentences; null where all is well. */
  readonly problem: string | null;
}

/** What could be read, or why it could not. */
type Found<Value> = { readonly value: Value; readonly problem: string | null };

function problemOfReading(error: unknown, file: string): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return null;
  const refused = code === 'EACCES' || code === 'EPERM';
  if (refused) return `'${file}' can only be read by an administrator.`;
  return `'${file}' can't be read: ${error instanceof Error ? error.message : String(error)}.`;
}

async function attempt<Value>(
  file: string,
  read: () => Promise<Value | null>,
): Promise<Found<Value | null>> {
  try {
    return { value: await read(), problem: null };
  } catch (error) {
    return { value: null, problem: problemOfReading(error, file) };
  }
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;

/** What is wrong, as far as the service manager and the status differ from what should be. */
function* problems(
  service: ServiceState,
  status: RecorderStatus | null,
  isReadable: boolean,
  now: number,
): Generator<string> {
  const { state, startType, problem } = service;
  if (state === 'Unknown') yield problem ?? 'The service manager does not answer.';
  if (state === 'Failed' || (state === 'Stopped' && problem !== null)) {
    const again = state === 'Failed' ? ' The service manager tries again.' : '';
    yield `The recorder failed: ${problem ?? 'it ended'}.${again}`;
  }
  if (state === 'Stopped' && startType === 'Automatic') {
    yield 'It is stopped, though it starts at boot. Start-PortReporter starts it.';
  }
  if (state !== 'Running' || !isReadable) return;
  if (status === null) {
    yield 'It runs, but has not written its status.';
    return;
  }
  const age = now - Date.parse(status.updated);
  if (status.pid !== service.pid && service.pid !== null && process.platform === 'linux') {
    yield 'The status is that of an earlier run.';
  } else if (age > staleAfter) {
    yield `Its last sign of life is ${seconds(age)} old: it hangs, or can't write.`;
  }
  if (status.trouble !== null) yield status.trouble;
}

const notInstalled = (logDirectory: string): Health => ({
  service: null,
  directory: null,
  settingsFile: null,
  logDirectory,
  status: null,
  problem: 'It is not installed. Install-PortReporter -AutoStart installs and starts it.',
});

export async function readHealth(machine: Machine, now = Date.now()): Promise<Health> {
  const service = await machine.manager.read();
  if (service === null) return notInstalled(machine.defaultLogDirectory);
  const settingsFile = settingsFileOf(service.command);
  const settings = await attempt<SettingsFile>(settingsFile ?? '', async () =>
    settingsFile === null ? null : await readInstalledSettings(settingsFile),
  );
  const logDirectory = settings.value?.settings.logDirectory ?? machine.defaultLogDirectory;
  const statusFile = join(logDirectory, statusFileName);
  const status = await attempt<RecorderStatus>(statusFile, async () =>
    parseStatus(await readFile(statusFile, 'utf8')),
  );
  const found = [
    ...problems(service, status.value, status.problem === null, now),
    ...[settings.problem, status.problem].filter((each) => each !== null),
  ];
  return {
    service,
    directory: installDirectoryOf(service.command),
    settingsFile,
    logDirectory,
    status: status.value,
    problem: found.length === 0 ? null : found.join(' '),
  };
}
