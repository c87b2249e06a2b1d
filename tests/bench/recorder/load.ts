// Tells a LogSet so many changes a second, with real files under it, while it has its turns as the
// recorder gives them; and counts what came of it.

import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../ts-worker/src/logs/write/clock.ts';
import { LinuxLogDirectory } from '../../../ts-worker/src/logs/write/linux-directory.ts';
import { LogSet } from '../../../ts-worker/src/logs/write/log-set.ts';
import { defaults } from '../../../ts-worker/src/logs/write/options.ts';
import { keepAll } from '../../../ts-worker/src/logs/write/retention.ts';
import { Changes, processReader } from './changes.ts';

/** Changes that a source hands over at once, before it asks again whether there is room. */
const atOnce = 5000;
/** Milliseconds between two portions of changes, and between two turns. */
const portion = 10;
const pause = 500;

export interface Load {
  /** Changes a second, and for how many milliseconds. */
  readonly rate: number;
  readonly duration: number;
}

export interface LoadResult {
  readonly told: number;
  /** Records in the files, and changes that gaps say were missed. */
  readonly written: number;
  readonly missed: number;
  readonly bytes: number;
  readonly files: number;
  /** Milliseconds from the first change to the last record in its file. */
  readonly time: number;
  /** Changes that waited, at the most. */
  readonly mostWaiting: number;
  /** Milliseconds for which the longest piece of work kept everybody else waiting. */
  readonly longestHold: number;
  /** Milliseconds of processor time, the making of the changes included. */
  readonly processorTime: number;
}

async function countRecords(
  path: string,
): Promise<{ written: number; bytes: number; files: number }> {
  const names = readdirSync(path).filter((name) => name.startsWith('PR-'));
  let written = 0;
  for (const name of names.filter((each) => each.startsWith('PR-PORTS'))) {
    for await (const line of createInterface(createReadStream(join(path, name)))) {
      if (/^\d/.test(line)) written += 1;
    }
  }
  const bytes = names.reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
  return { written, bytes, files: names.length };
}

class Run {
  readonly #set: LogSet;
  readonly #changes = new Changes();
  mostWaiting = 0;
  longestHold = 0;
  told = 0;

  constructor(set: LogSet) {
    this.#set = set;
  }

  /** Changes come as fast as the clock says, whatever else goes on. */
  async tell({ rate, duration }: Load): Promise<void> {
    const begun = performance.now();
    for (let last = begun; ; ) {
      await new Promise((resolve) => setTimeout(resolve, portion));
      const now = performance.now();
      this.longestHold = Math.max(this.longestHold, now - last - portion);
      last = now;
      const due = Math.round((Math.min(now - begun, duration) / 1000) * rate);
      while (this.told < due) await this.#tellSome(Math.min(due - this.told, atOnce));
      if (now - begun >= duration) return;
    }
  }

  /** As a source does that can hold its changes back. */
  async #tellSome(count: number): Promise<void> {
    await this.#set.ready();
    this.#set.accept(this.#changes.next(count, Date.now()));
    this.told += count;
    this.mostWaiting = Math.max(this.mostWaiting, this.#set.health.waiting);
  }

  async turnUntil(isOver: () => boolean): Promise<void> {
    while (!isOver() || this.#set.health.waiting > 0) {
      const begun = performance.now();
      await this.#set.turn();
      const rest = isOver() ? 1 : pause - (performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 0)));
    }
  }
}

async function openSet(path: string): Promise<LogSet> {
  const options = {
    ...defaults,
    directory: new LinuxLogDirectory(path),
    clock: systemClock,
    processes: processReader,
    look: async () => ({ rows: [], until: 0 }),
    machine: { computerName: 'BENCH', operatingSystem: 'Linux' },
    newline: '\n',
    retention: keepAll,
  };
  return await LogSet.open(options, async () => ({ rows: [], until: 0 }));
}

/** `path`: a directory of its own, which it leaves. */
async function runIn(path: string, load: Load): Promise<LoadResult> {
  const set = await openSet(path);
  const run = new Run(set);
  const before = process.cpuUsage();
  const begun = performance.now();
  let isOver = false;
  const turns = run.turnUntil(() => isOver);
  await run.tell(load);
  isOver = true;
  await turns;
  const time = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  await set.close('the end of the load');
  const { told, mostWaiting, longestHold } = run;
  return {
    ...{ told, missed: set.health.missed, time, mostWaiting, longestHold },
    processorTime: (user + system) / 1000,
    ...(await countRecords(path)),
  };
}

export async function runLoad(load: Load): Promise<LoadResult> {
  const path = mkdtempSync(join(tmpdir(), 'portreporter-load-'));
  try {
    return await runIn(path, load);
  } finally {
    rmSync(path, { recursive: true });
  }
}
