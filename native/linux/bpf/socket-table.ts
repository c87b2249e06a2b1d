// The table of all TCP and UDP sockets with all their holders, in one read (table.bpf.c).

import { closeSync } from 'node:fs';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorReader, type RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject, ownPidNamespace } from './load.ts';
import { recordSize } from './socket-record.ts';
import table from './table.bpf.o';

/** Bytes of the map of met.h. */
export const metSize = 131_072 * 8;

export class SocketTable {
  readonly #loaded: LoadedObject;
  readonly #reader = new IteratorReader(recordSize);
  #met: Uint8Array | null = null;
  #link: number | null = null;

  /** Throws BpfUnavailable where the machine does not allow it. */
  constructor() {
    this.#loaded = new LoadedObject(table, {
      constants: { reader_pid_namespace: ownPidNamespace() },
    });
    try {
      this.#met = new Uint8Array(this.#loaded.memory('met', metSize));
      this.#link = attachIterator(this.#loaded.loadOnly());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The descriptor of the map that remembers which sockets the last read met. */
  get met(): number {
    return this.#loaded.map('met');
  }

  /** One pass over all holders; gives their records as socket-record.ts reads them. */
  async read(visit: RecordsVisitor): Promise<void> {
    if (this.#met === null || this.#link === null) throw new RangeError('The table is closed');
    this.#met.fill(0);
    await this.#reader.readAll(openIterator(this.#link), visit);
  }

  close(): void {
    if (this.#link !== null) closeSync(this.#link);
    this.#link = null;
    this.#met = null;
    this.#loaded.close();
  }
}
