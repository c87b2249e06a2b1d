// The modules of processes that have entries in PR-PIDS: read when a process first turns up (it may
// be gone soon), and again now and then, since it may load more.

import { isSameStart, type ProcessFacts } from '../../model/process.ts';
import type { ProcessReader } from '../../processes/source.ts';
import type { ModuleNote } from '../format/process-entry.ts';
import type { ProcessEndpoints } from '../open/process-endpoints.ts';

interface Known {
  /** Null where they could not be read. */
  modules: readonly string[] | null;
  /** Milliseconds; when they were last looked at. */
  readAt: number;
  /** Where in the file of that number they are listed. */
  listedAt: { readonly file: number; readonly stamp: string } | null;
}

/** Milliseconds after which a process is looked at again. */
const fresh = 30_000;
/** Processes read in one piece: 70 µs each on Linux. */
const atOnce = 32;
/** Milliseconds that reading may take in one go. */
const budget = 100;

const isSameList = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  a === b || (a !== null && b?.length === a.length && a.every((each, index) => each === b[index]));

export class Modules {
  readonly #reader: ProcessReader;
  readonly #known = new WeakMap<ProcessEndpoints, Known>();
  readonly #wanted = new Set<ProcessEndpoints>();
  /** Counts the files: a list counts for its own file only. */
  #file = 0;

  constructor(reader: ProcessReader) {
    this.#reader = reader;
  }

  newFile(): void {
    this.#file += 1;
  }

  want(process: ProcessEndpoints, elapsed: number): void {
    if (process.owner === null) return;
    const known = this.#known.get(process);
    if (known === undefined || elapsed - known.readAt >= fresh) this.#wanted.add(process);
  }

  /** Reads what is wanted, as far as time allows: the rest is read next time. */
  async readWanted(elapsed: () => number): Promise<void> {
    const begun = elapsed();
    while (this.#wanted.size > 0 && elapsed() - begun < budget) {
      const some = [...this.#wanted].slice(0, atOnce);
      for (const process of some) this.#wanted.delete(process);
      await this.#read(some, elapsed());
    }
  }

  async #read(processes: readonly ProcessEndpoints[], elapsed: number): Promise<void> {
    const pids = new Set(processes.flatMap(({ owner }) => owner?.pid ?? []));
    const facts = await this.#reader.read(pids, { modules: true });
    for (const process of processes) this.#learn(process, modulesOf(process, facts), elapsed);
  }

  /** A process that is gone keeps the list that it had. */
  #learn(process: ProcessEndpoints, read: readonly string[] | null, elapsed: number): void {
    const known = this.#known.get(process);
    const modules = read ?? known?.modules ?? null;
    const listedAt = isSameList(modules, known?.modules ?? null) ? (known?.listedAt ?? null) : null;
    this.#known.set(process, { modules, readAt: elapsed, listedAt });
  }

  /** For the entry with that stamp. `always`: in full, even where it was listed before. */
  note(process: ProcessEndpoints, stamp: string, always: boolean): ModuleNote {
    const known = this.#known.get(process);
    const modules = known?.modules ?? process.owner?.modules ?? null;
    if (known === undefined || modules === null) return { kind: 'Unreadable' };
    const { listedAt } = known;
    const isListed = listedAt?.file === this.#file;
    if (isListed && !always) return { kind: 'AsBefore', stamp: listedAt.stamp };
    known.listedAt = { file: this.#file, stamp };
    return { kind: 'Listed', modules };
  }
}

function modulesOf({ owner }: ProcessEndpoints, facts: ReadonlyMap<number, ProcessFacts>) {
  const found = owner === null ? undefined : facts.get(owner.pid);
  if (owner === null || found === undefined) return null;
  return isSameStart(found.startTime, owner.startTime) ? found.modules : null;
}
