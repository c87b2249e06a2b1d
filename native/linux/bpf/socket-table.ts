// The table of all TCP and UDP sockets with all their holders, in one read (table.bpf.c).

import { closeSync } from 'node:fs';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorReader, type RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject, ownPidNamespace } from './load.ts';
import { MappedMemory } from './ring-buffer.ts';
import { recordSize } from './socket-record.ts';
import table from './table.bpf.o';

/** The map of met.h. */
const metPlaces = 131_072;
const placeSize = 8;

export class SocketTable {
  readonly #loaded: LoadedObject;
  readonly #reader = new IteratorReader(recordSize);
  #met: MappedMemory | null = null;
  #link: number | null = null;

  /** Throws BpfUnavailable where the machine does not allow it. */
  constructor() {
    this.#loaded = new LoadedObject(table, {
      constants: { reader_pid_namespace: ownPidNamespace() },
    });
    try {
      const [program] = this.#loaded.object.programs;
      if (program === undefined) throw new RangeError('table.bpf.o holds no program');
      this.#met = new MappedMemory(this.met, 0, metPlaces * placeSize, true);
      this.#link = attachIterator(this.#loaded.load(program));
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
    new Uint8Array(this.#met.bytes).fill(0);
    await this.#reader.readAll(openIterator(this.#link), visit);
  }

  close(): void {
    if (this.#link !== null) closeSync(this.#link);
    this.#met?.unmap();
    this.#link = null;
    this.#met = null;
    this.#loaded.close();
  }
}
