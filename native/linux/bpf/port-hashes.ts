// The TCP and UDP tables of all network namespaces at once (hashes.bpf.c), less the sockets that a walk
// over the processes' files met. The program leaves its records in memory that is ours, too.

import { allOf } from './all-of.ts';
import { BpfUnavailable } from './error.ts';
import hashes from './hashes.bpf.o';
import type { RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject } from './load.ts';
import { portRecordSize } from './port-record.ts';
import { runProgramInThread } from './run.ts';

/** struct progress of hashes.bpf.c: byte offsets. */
export const portProgressOffsets = {
  table: 0,
  bucket: 4,
  records: 8,
  nameless: 12,
  problem: 16,
} as const;
const words = 5;

/** Bytes of one in the map, which begin at multiples of eight. */
const placeSize = 24;

/** The place of a member in words. */
const word = (name: keyof typeof portProgressOffsets): number => portProgressOffsets[name] / 4;

/** Two walk at once, each over half of each table. */
const walks = [0, 1] as const;

/** Bytes of the map that one of them fills. */
const recordsSize = 4096 * portRecordSize;

/** The number of a table that there is not: the walk is over. */
const noTable = 3;

/** By enum problem of hashes.bpf.c. */
const problems: readonly (string | undefined)[] = [
  undefined,
  'a network namespace has tables of its own',
  'too many sockets share a place in a table',
  'a table is not where it should be',
];

export interface PortsAsked {
  /** Whether what is in TIME_WAIT is told, too: on a busy machine that is nearly everything. */
  readonly timeWaits?: boolean;
}

export class PortHashes {
  readonly #loaded: LoadedObject;
  readonly #program: number;
  readonly #progress: readonly Uint32Array[];
  readonly #records: readonly Uint8Array[];

  /** `met` as for PortTables. Throws BpfUnavailable where the machine does not allow it. */
  constructor(met: number) {
    this.#loaded = new LoadedObject(hashes, { maps: new Map([['met', met]]) });
    try {
      const progress = this.#loaded.memory('progresses', walks.length * placeSize);
      this.#progress = walks.map((walk) => new Uint32Array(progress, walk * placeSize, words));
      const records = this.#loaded.memory('records', walks.length * recordsSize);
      this.#records = walks.map((walk) => new Uint8Array(records, walk * recordsSize, recordsSize));
      this.#program = this.#loaded.loadOnly();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Gives the records; the bytes are overwritten after the call. Throws BpfUnavailable where the tables
   * of this machine can't be walked like that, also when it has given some. Gives how many of the
   * sockets have no cookie though they could have one. */
  async read(visit: RecordsVisitor, { timeWaits = true }: PortsAsked = {}): Promise<number> {
    const namelessOf = await allOf(walks.map((walk) => this.#walk(walk, timeWaits, visit)));
    return namelessOf.reduce((sum, nameless) => sum + nameless, 0);
  }

  async #walk(
    walk: (typeof walks)[number],
    timeWaits: boolean,
    visit: RecordsVisitor,
  ): Promise<number> {
    const [progress, records] = [this.#progress[walk], this.#records[walk]];
    if (progress === undefined || records === undefined) throw new RangeError(`No walk ${walk}`);
    progress.fill(0);
    while (progress[word('table')] !== noTable) {
      const before = progress.join();
      await runProgramInThread(this.#program, walk, Number(!timeWaits));
      const problem = progress[word('problem')] ?? 0;
      if (problem !== 0 || progress.join() === before) {
        throw new BpfUnavailable(
          problems[problem] ?? 'the walk over the port tables does not go on',
        );
      }
      const count = progress[word('records')] ?? 0;
      visit(records.subarray(0, count * portRecordSize));
      progress[word('records')] = 0;
    }
    return progress[word('nameless')] ?? 0;
  }

  close(): void {
    this.#loaded.close();
  }
}
