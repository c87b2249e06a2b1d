// Processes whose end somebody waits for, looked at again and again where no event tells of it.

import type { Change } from '../model/change.ts';
import { isSameProcess, type ProcessFacts } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import { movedFacts } from './start-times.ts';

export class WatchedProcesses {
  readonly #reader: ProcessReader;
  readonly #pids: ReadonlySet<number>;
  #alive: ReadonlyMap<number, ProcessFacts> = new Map();

  constructor(reader: ProcessReader, pids: ReadonlySet<number>) {
    this.#reader = reader;
    this.#pids = pids;
  }

  /** Looks again, and gives those that were there the last time and are not any more. */
  async exited(time: number): Promise<Change[]> {
    if (this.#pids.size === 0) return [];
    const before = this.#alive;
    this.#alive = await this.#reader.read(this.#pids, { modules: false });
    const gone = [...before.values()].filter(
      (was) => !isSameProcess(was, this.#alive.get(was.pid) ?? null),
    );
    return gone.map((owner) => ({
      kind: 'ProcessExited',
      time,
      ownership: { owner, sharedWith: null, attribution: 'Table' },
      source: 'Polling',
    }));
  }

  /** The clock was set. */
  moveStartTimes(by: number): void {
    this.#alive = new Map([...this.#alive].map(([pid, facts]) => [pid, movedFacts(facts, by)]));
  }

  get alive(): Iterable<ProcessFacts> {
    return this.#alive.values();
  }
}
