// Reads BPF iterators to their end. The kernel does the whole walk inside read(), so that is done in
// a thread of Node's: here there is time for what came before, or for something else altogether.

import { closeSync, readv } from 'node:fs';
import { promisify } from 'node:util';
import { BpfUnavailable } from './error.ts';

const readInThread = promisify(readv);

/** Whole records laid end to end; the bytes are overwritten after the call. */
export type RecordsVisitor = (records: Uint8Array) => void;

/** The kernel hands out at most this much at a time (bpf_seq_read: eight pages), and whole records only.
 * Between two threads of ours that would be too little; so many at once are asked for with readv(2). It
 * goes on to the next buffer only where one was filled to its end: each has room for whole records. */
const largestRead = 8 * 4096;
const readsAtOnce = 16;

interface Buffers {
  readonly bytes: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

function makeBuffers(recordSize: number): Buffers {
  const size = Math.floor(largestRead / recordSize) * recordSize;
  const bytes = new Uint8Array(readsAtOnce * size);
  const parts = Array.from({ length: readsAtOnce }, (_, part) =>
    bytes.subarray(part * size, (part + 1) * size),
  );
  return { bytes, parts };
}

export class IteratorReader {
  /** One is filled while the other is looked at. */
  #filling: Buffers;
  #full: Buffers;

  /** `recordSize` in bytes. */
  constructor(recordSize: number) {
    this.#filling = makeBuffers(recordSize);
    this.#full = makeBuffers(recordSize);
  }

  /** Reads the iterator to its end, and closes it. One at a time. */
  async readAll(iterator: number, visit: RecordsVisitor): Promise<void> {
    let reading = readSome(iterator, this.#filling);
    try {
      for (;;) {
        const length = await reading;
        if (length === 0) return;
        [this.#filling, this.#full] = [this.#full, this.#filling];
        reading = readSome(iterator, this.#filling);
        visit(this.#full.bytes.subarray(0, length));
      }
    } finally {
      await reading.catch(() => {}); // said already, or not as bad as what the visitor met
      closeSync(iterator);
    }
  }
}

/** Returns where the kernel wants to be asked again (EAGAIN), as after a million objects without a word,
 * or a signal came in between. */
export function goOnAfter(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EAGAIN' || code === 'EINTR') return;
  throw new BpfUnavailable(`a walk over the sockets failed: ${code}`, error);
}

/** The number of bytes, 0 at the end. */
async function readSome(iterator: number, { parts }: Buffers): Promise<number> {
  for (;;) {
    try {
      return (await readInThread(iterator, parts)).bytesRead;
    } catch (error) {
      goOnAfter(error);
    }
  }
}
