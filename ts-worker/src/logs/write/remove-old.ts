// Removes what retention.ts says, and tells what was removed. Only logs of ours go: somebody may
// keep genuine ones in the same directory.

import type { Status } from '../format/status-line.ts';
import type { LogDirectory } from './directory.ts';
import type { LogSetOptions } from './options.ts';
import { isOurs } from './own-file.ts';
import { planRemovals, type Removal } from './retention.ts';

async function removeSet(directory: LogDirectory, removal: Removal): Promise<string[]> {
  const removed: string[] = [];
  for (const name of removal.names) {
    if (!(await isOurs(directory, name))) continue;
    await directory.remove(name);
    removed.push(name);
  }
  return removed;
}

/** Milliseconds between two looks, if no new files are begun: others fill the disk, too. */
const interval = 10 * 60_000;

export class OldFiles {
  readonly #options: Pick<LogSetOptions, 'directory' | 'clock' | 'retention'>;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #lookedFor: unknown = null;
  /** Why they could not be removed; null where all is well. */
  trouble: string | null = null;

  constructor(options: Pick<LogSetOptions, 'directory' | 'clock' | 'retention'>) {
    this.#options = options;
  }

  /** With every new file (they are told apart by `current`), and now and then. */
  isDue(current: unknown): boolean {
    return (
      this.#lookedFor !== current || this.#options.clock.elapsed() - this.#lookedAt >= interval
    );
  }

  /** `inUse`: names that stay. Tells what was removed. */
  async remove(current: unknown, inUse: ReadonlySet<string>): Promise<Status[]> {
    this.#lookedFor = current;
    this.#lookedAt = this.#options.clock.elapsed();
    const told: Status[] = [];
    try {
      await this.#removeSets(inUse, told);
      this.trouble = null;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
    return told;
  }

  async #removeSets(inUse: ReadonlySet<string>, told: Status[]): Promise<void> {
    const { directory, clock, retention } = this.#options;
    const now = clock.now();
    const wallNow = now + clock.offsetAt(now) * 60_000;
    const space = await directory.space();
    const files = await directory.list();
    for (const removal of planRemovals(files, inUse, wallNow, space, retention(space))) {
      const names = await removeSet(directory, removal);
      if (names.length === 0) continue;
      const what = `${names[0]} and what belongs to it, ${removal.bytes} bytes`;
      const reason = `${removal.reason}: ${what}`;
      told.push({ time: now, kind: 'Removed', count: names.length, reason });
    }
  }
}
