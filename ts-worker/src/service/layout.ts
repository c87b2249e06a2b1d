// Where the parts of an installed recorder are, and how to find them again: from the command that the
// service manager was told.

import { dirname, join } from 'node:path';
import { settingsFileName } from '../settings/places.ts';
import { nodeIn, workerIn } from './release.ts';

export const settingsIn = (directory: string): string => join(directory, settingsFileName);

/** Megabytes: all that the recorder may have to keep fits in there, and a heap that grows when it
 * need not would meet the service's bound (docs/recorder.md). */
const heapLimit = 384;

/** Megabytes: what is made for a moment; with more room it takes no less time. */
const youngHeapLimit = 4;

export function recorderCommand(
  directory: string,
  release: string,
): readonly [string, ...string[]] {
  const settings = settingsIn(directory);
  const heap = [
    `--max-old-space-size=${heapLimit}`,
    `--max-semi-space-size=${youngHeapLimit}`,
  ] as const;
  return [nodeIn(release), ...heap, workerIn(release), 'record', '--settings', settings];
}

/** Null for a command that is none of ours. */
export function settingsFileOf(command: readonly string[]): string | null {
  const at = command.indexOf('--settings');
  return at < 0 ? null : (command[at + 1] ?? null);
}

export function installDirectoryOf(command: readonly string[]): string | null {
  const file = settingsFileOf(command);
  return file === null ? null : dirname(file);
}
