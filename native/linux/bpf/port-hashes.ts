// The TCP and UDP tables of all network namespaces at once (hashes.bpf.c), less the sockets that a walk
// over the processes' files met. The program leaves its records in memory that is ours, too.

import { BpfUnavailable } from './error.ts';
import hashes from './hashes.bpf.o';
import type { RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject } from './load.ts';
import { portRecordSize } from './port-record.ts';
import { BpfAttributes, bpfInThread, Command } from './system-call.ts';

/** struct progress of hashes.bpf.c: byte offsets. */
export const portProgressOffsets = {
  table: 0,
  bucket: 4,
  records: 8,
  nameless: 12,
  problem: 16,
} as const;
const progressSize = 20;

/** The place of a member in words. */
const word = (name: keyof typeof portProgressOffsets): number => portProgressOffsets[name] / 4;

/** Bytes of the map. */
const recordsSize = 8192 * portRecordSize;

/** The number of a table that there is not: the walk is over. */
const noTable = 3;

/** By enum problem of hashes.bpf.c. */
const problems: readonly (string | undefined)[] = [
  undefined,
  'a network namespace has tables of its own',
  'too many sockets share a place in a table',
  'a table is not where it should be',
];

export class PortHashes {
  readonly #loaded: LoadedObject;
  readonly #program: number;
  readonly #progress: Uint32Array;
  readonly #records: Uint8Array;

  /** `met` as for PortTables. Throws BpfUnavailable where the machine does not allow it. */
  constructor(met: number) {
    this.#loaded = new LoadedObject(hashes, { maps: new Map([['met', met]]) });
    try {
      this.#progress = new Uint32Array(this.#loaded.memory('progresses', progressSize));
      this.#records = new Uint8Array(this.#loaded.memory('records', recordsSize));
      this.#program = this.#loaded.loadOnly();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Gives the records; the bytes are overwritten after the call. Throws BpfUnavailable where the tables
   * of this machine can't be walked like that, also when it has given some. Gives how many of the
   * sockets have no cookie though they could have one. */
  async read(visit: RecordsVisitor): Promise<number> {
    const progress = this.#progress;
    progress.fill(0);
    while (progress[word('table')] !== noTable) {
      const before = progress.join();
      await this.#run();
      const problem = progress[word('problem')] ?? 0;
      if (problem !== 0 || progress.join() === before) {
        throw new BpfUnavailable(
          problems[problem] ?? 'the walk over the port tables does not go on',
        );
      }
      const count = progress[word('records')] ?? 0;
      visit(this.#records.subarray(0, count * portRecordSize));
      progress[word('records')] = 0;
    }
    return progress[word('nameless')] ?? 0;
  }

  close(): void {
    this.#loaded.close();
  }

  /** Documentation/bpf/bpf_prog_run.rst: once, with nothing to look at. */
  async #run(): Promise<void> {
    const attributes = new BpfAttributes(80).u32(0, this.#program);
    const result = await bpfInThread(Command.ProgramRun, attributes);
    if (result < 0) throw new BpfUnavailable('the kernel does not run the program');
  }
}
