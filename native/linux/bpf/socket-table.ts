// The table of all TCP and UDP sockets with all their holders, in one read (table.bpf.c).

import { closeSync } from 'node:fs';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorBuffer } from './iterator-buffer.ts';
import { LoadedObject, ownPidNamespace } from './load.ts';
import table from './table.bpf.o';

export interface SocketTableProgram {
  /** One pass over all holders: the records laid end to end, as socket-record.ts reads them. The
   * bytes are overwritten by the next read. */
  read(): Uint8Array;
  close(): void;
}

/** Throws BpfUnavailable where the machine does not allow it. */
export function openSocketTable(): SocketTableProgram {
  const loaded = new LoadedObject(table, {
    constants: { reader_pid_namespace: ownPidNamespace() },
  });
  try {
    const [program] = loaded.object.programs;
    if (program === undefined) throw new RangeError('table.bpf.o holds no program');
    return new SocketTable(loaded, attachIterator(loaded.load(program)));
  } catch (error) {
    loaded.close();
    throw error;
  }
}

class SocketTable implements SocketTableProgram {
  readonly #loaded: LoadedObject;
  readonly #link: number;
  readonly #buffer = new IteratorBuffer();
  #open = true;

  constructor(loaded: LoadedObject, link: number) {
    this.#loaded = loaded;
    this.#link = link;
  }

  read(): Uint8Array {
    if (!this.#open) throw new RangeError('The socket table is closed');
    this.#buffer.clear();
    this.#buffer.collect(openIterator(this.#link));
    return this.#buffer.bytes;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#link);
    this.#loaded.close();
  }
}
