// Collects what BPF iterators write, in one growing buffer that is used again for every pass.

import { closeSync, readSync } from 'node:fs';
import { BpfUnavailable } from './error.ts';

/** The kernel hands out at most this much at a time (bpf_seq_read: eight pages, of up to 64 KB). */
const largestRead = 8 * 65_536;

export class IteratorBuffer {
  #buffer = new Uint8Array(2 * largestRead);
  #length = 0;

  /** All that was collected since clear(), laid end to end; overwritten by what comes after. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Reads the iterator to its end, and closes it. */
  collect(iterator: number): void {
    try {
      while (this.#readSome(iterator)) if (this.#room() < largestRead) this.#grow();
    } finally {
      closeSync(iterator);
    }
  }

  #room(): number {
    return this.#buffer.length - this.#length;
  }

  /** False at the end. After a million objects without a word the kernel wants to be asked again
   * (EAGAIN), and a signal may interrupt it. */
  #readSome(iterator: number): boolean {
    try {
      const read = readSync(iterator, this.#buffer, this.#length, this.#room(), null);
      this.#length += read;
      return read > 0;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EAGAIN' || code === 'EINTR') return true;
      throw new BpfUnavailable(`a walk over the sockets failed: ${code}`, error);
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
