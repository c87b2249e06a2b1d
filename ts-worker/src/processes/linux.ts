// The facts of processes on Linux.

import { readBootMoment } from '../../../native/linux/boot-clock.ts';
import { UserNames } from '../../../native/linux/users.ts';
import type { ProcessFacts } from '../model/process.ts';
import { LinuxLookup } from './linux-lookup.ts';
import { type Reading, type ReadingOptions, readProcess } from './linux-process.ts';
import type { ProcessReader } from './source.ts';

/** So many processes are read in one turn. In between others get theirs, above all the walk over the
 * tables, which goes on only when it is asked for more. */
const inOneTurn = 32;

class LinuxProcesses implements ProcessReader {
  readonly #users = new UserNames();
  readonly #lookup = new LinuxLookup();

  async read(
    pids: ReadonlySet<number>,
    { modules }: { readonly modules: boolean },
  ): Promise<Map<number, ProcessFacts>> {
    const options = { bootMoment: readBootMoment(), modules };
    const all = [...pids];
    const readings: Reading[] = [];
    for (let from = 0; from < all.length; from += inOneTurn) {
      if (from > 0) await new Promise(setImmediate);
      readings.push(...this.#readSome(all.slice(from, from + inOneTurn), options));
    }
    const own = readings.filter(({ foreignUser }) => !foreignUser);
    await this.#users.learn(own.map(({ uid }) => uid));
    return new Map(readings.map((reading) => [reading.pid, this.#toFacts(reading)]));
  }

  #readSome(pids: readonly number[], options: ReadingOptions): Reading[] {
    const found = this.#lookup.read(pids, options);
    return found ?? pids.flatMap((pid) => readProcess(pid, options) ?? []);
  }

  #toFacts({ uid, foreignUser, ...facts }: Reading): ProcessFacts {
    return { ...facts, user: foreignUser ? String(uid) : this.#users.of(uid) };
  }
}

export function createLinuxProcesses(): ProcessReader {
  return new LinuxProcesses();
}
