// Reads BPF iterators to their end. The kernel does the whole walk inside read(), so that is done in
// a thread of Node's: here there is time for what came before, or for something else altogether.

import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { BpfUnavailable } from './error.ts';

const readInThread = promisify(read);

/** Whole records laid end to end; the bytes are overwritten after the call. */
export type RecordsVisitor = (records: Uint8Array) => void;

/** The kernel hands out at most this much at a time (bpf_seq_read: eight pages, of up to 64 KB), and
 * whole records only. */
const largestRead = 8 * 65_536;

export class IteratorReader {
  /** One is filled while the other is looked at. */
  #filling = new Uint8Array(largestRead);
  #full = new Uint8Array(largestRead);

  /** Reads the iterator to its end, and closes it. One at a time. */
  async readAll(iterator: number, visit: RecordsVisitor): Promise<void> {
    let reading = readSome(iterator, this.#filling);
    try {
      for (;;) {
        const length = await reading;
        if (length === 0) return;
        [this.#filling, this.#full] = [this.#full, this.#filling];
        reading = readSome(iterator, this.#filling);
        visit(this.#full.subarray(0, length));
      }
    } finally {
      await reading.catch(() => {}); // said already, or not as bad as what the visitor met
      closeSync(iterator);
    }
  }
}

/** The number of bytes, 0 at the end. After a million objects without a word the kernel wants to be
 * asked again (EAGAIN), and a signal may interrupt it. */
async function readSome(iterator: number, buffer: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return (await readInThread(iterator, buffer, 0, buffer.length, null)).bytesRead;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EAGAIN' || code === 'EINTR') continue;
      throw new BpfUnavailable(`a walk over the sockets failed: ${code}`, error);
    }
  }
}
