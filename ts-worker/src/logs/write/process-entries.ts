// The entries of PR-PIDS that are still to be written: one for each second and process that has
// records of that second in PR-PORTS. An entry waits until its second is over. What a second's
// records brought late (ports that were learnt afterwards) gets an entry of its own with the same
// stamp.

import { countPorts } from '../../model/statistics.ts';
import { entryTitle, processEntry } from '../format/process-entry.ts';
import { type Offset, recordStamp, wallTime } from '../format/wall-time.ts';
import type { OpenEndpoint, ProcessEndpoints } from '../open/process-endpoints.ts';
import type { Modules } from './modules.ts';

interface Entry {
  readonly process: ProcessEndpoints;
  /** Endpoints with records in that second, each once, some of them gone by now. */
  readonly changed: Set<OpenEndpoint>;
}

/** Milliseconds behind the end of a second in which its last changes come in. */
const settle = 300;

export class ProcessEntries {
  readonly #modules: Modules;
  readonly #always: boolean;
  /** By second since the epoch. */
  #bySecond = new Map<number, Map<ProcessEndpoints, Entry>>();
  /** Processes that have an entry in this file, with all that they had open. */
  #seen = new WeakSet<ProcessEndpoints>();

  /** `always`: every entry lists all modules. */
  constructor(modules: Modules, always: boolean) {
    this.#modules = modules;
    this.#always = always;
  }

  newFile(): void {
    this.#seen = new WeakSet();
    this.#modules.newFile();
  }

  /** `time`: that of the record, in milliseconds since the epoch. */
  add(row: OpenEndpoint, time: number, elapsed: number): void {
    const second = Math.floor(time / 1000);
    let entries = this.#bySecond.get(second);
    if (entries === undefined) {
      entries = new Map();
      this.#bySecond.set(second, entries);
    }
    const { process } = row;
    const entry = entries.get(process);
    if (entry !== undefined) entry.changed.add(row);
    else {
      entries.set(process, { process, changed: new Set([row]) });
      this.#modules.want(process, elapsed);
    }
  }

  /** The lines of the entries whose second is over at `now`, in pieces. */
  *due(now: number, offset: Offset): Generator<string[]> {
    yield* this.#write((second) => (second + 1) * 1000 + settle <= now, offset);
  }

  /** Those of all entries: the file is about to end. */
  *all(offset: Offset): Generator<string[]> {
    yield* this.#write(() => true, offset);
  }

  /** Without a file to write them to. */
  drop(): void {
    this.#bySecond.clear();
  }

  *#write(isDue: (second: number) => boolean, offset: Offset): Generator<string[]> {
    for (const second of [...this.#bySecond.keys()].filter(isDue).sort((a, b) => a - b)) {
      const entries = this.#bySecond.get(second) ?? new Map<ProcessEndpoints, Entry>();
      this.#bySecond.delete(second);
      const stamp = recordStamp(wallTime(second * 1000, offset));
      for (const entry of entries.values()) yield this.#lines(entry, stamp);
    }
  }

  #lines({ process, changed }: Entry, stamp: string): string[] {
    const rows = this.#seen.has(process) ? changed : new Set([...process.rows, ...changed]);
    this.#seen.add(process);
    const endpoints = Array.from(rows, ({ endpoint, ownership: { attribution } }) => ({
      endpoint,
      attribution,
    }));
    return [
      entryTitle(stamp),
      ...processEntry({
        owner: process.owner,
        endpoints,
        statistics: countPorts(Array.from(process.rows, ({ endpoint }) => endpoint)),
        modules: this.#modules.note(process, stamp, this.#always),
      }),
    ];
  }
}
