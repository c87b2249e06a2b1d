// The table of all TCP and UDP sockets with all their holders, in one read (table.bpf.c).

import { closeSync, readSync } from 'node:fs';
import { attachIterator, openIterator } from './attach.ts';
import { BpfUnavailable } from './error.ts';
import { LoadedObject, ownPidNamespace } from './load.ts';
import table from './table.bpf.o';

/** The kernel hands out at most this much at a time (bpf_seq_read: eight pages). */
const largestRead = 8 * 65_536;

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
  #buffer = new Uint8Array(2 * largestRead);
  #open = true;

  constructor(loaded: LoadedObject, link: number) {
    this.#loaded = loaded;
    this.#link = link;
  }

  read(): Uint8Array {
    const iterator = openIterator(this.#link);
    try {
      const length = this.#readAll(iterator); // may put a larger buffer in the place of this one
      return this.#buffer.subarray(0, length);
    } finally {
      closeSync(iterator);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#link);
    this.#loaded.close();
  }

  #readAll(iterator: number): number {
    let length = 0;
    for (;;) {
      if (this.#buffer.length - length < largestRead) this.#grow();
      const read = readSome(iterator, this.#buffer, length);
      if (read === 0) return length;
      length += Math.max(read, 0);
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** -1 where the kernel wants to be asked again: after a million files without a socket it pauses
 * (EAGAIN), and a signal may interrupt it. */
function readSome(iterator: number, buffer: Uint8Array, offset: number): number {
  try {
    return readSync(iterator, buffer, offset, buffer.length - offset, null);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN' || code === 'EINTR') return -1;
    throw new BpfUnavailable(`the walk over all sockets failed: ${code}`, error);
  }
}
