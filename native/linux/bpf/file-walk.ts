// The table of socket-table.ts, read by a program that walks over the files of processes by itself
// (files.bpf.c). It leaves its records in memory that is ours, too: one half of it is filled while the
// other is looked at.

import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { attachIterator, openIterator } from './attach.ts';
import { BpfUnavailable } from './error.ts';
import files from './files.bpf.o';
import type { RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject } from './load.ts';
import { recordSize } from './socket-record.ts';
import { metSize } from './socket-table.ts';

const readInThread = promisify(read);

/** struct file_progress of files.bpf.c: byte offsets. */
export const fileProgressOffsets = {
  pid: 0,
  fd: 4,
  half: 8,
  records: 12,
  nameless: 16,
  inodes: 20,
  operations: 24,
} as const;
const progressSize = 32;

/** The place of a member in words. */
const word = (name: keyof typeof fileProgressOffsets): number => fileProgressOffsets[name] / 4;

/** Bytes of half of the map. */
const halfSize = 4096 * recordSize;

export class FileWalk {
  readonly #loaded: LoadedObject;
  readonly #met: Uint8Array;
  readonly #progress: Uint32Array;
  readonly #halves: readonly Uint8Array[];
  #link: number | null = null;

  /** Throws BpfUnavailable where the machine does not allow it. */
  constructor() {
    this.#loaded = new LoadedObject(files);
    try {
      this.#met = new Uint8Array(this.#loaded.memory('met', metSize));
      this.#progress = new Uint32Array(this.#loaded.memory('progresses', progressSize));
      const records = this.#loaded.memory('records', 2 * halfSize);
      this.#halves = [0, halfSize].map((at) => new Uint8Array(records, at, halfSize));
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

  /** One pass over all holders; gives their records as socket-record.ts reads them, and then how many of
   * them have no cookie but a name. Only MPTCP sockets have an inode number, or all with `inodes`. */
  async read(visit: RecordsVisitor, inodes = false): Promise<number> {
    if (this.#link === null) throw new RangeError('The walk is closed');
    this.#met.fill(0);
    this.#progress.fill(0);
    this.#progress[word('inodes')] = Number(inodes);
    const iterator = openIterator(this.#link);
    let walking = walkOn(iterator);
    try {
      for (;;) {
        const isOver = await walking;
        const records = this.#take();
        if (!isOver) walking = walkOn(iterator);
        visit(records);
        if (isOver) return this.#progress[word('nameless')] ?? 0;
      }
    } finally {
      await walking.catch(() => {}); // said already, or not as bad as what the visitor met
      closeSync(iterator);
    }
  }

  close(): void {
    if (this.#link !== null) closeSync(this.#link);
    this.#link = null;
    this.#loaded.close();
  }

  /** What is there, while the walk goes on in the other half. */
  #take(): Uint8Array {
    const half = this.#progress[word('half')] ?? 0;
    const count = this.#progress[word('records')] ?? 0;
    this.#progress[word('half')] = 1 - half;
    this.#progress[word('records')] = 0;
    return this.#halves[half]?.subarray(0, count * recordSize) ?? new Uint8Array();
  }
}

const nothing = new Uint8Array(8);

/** Whether it came to the end: the program writes nothing into the iterator, but has it say EAGAIN when it
 * is the reader's turn. */
async function walkOn(iterator: number): Promise<boolean> {
  try {
    await readInThread(iterator, nothing, 0, nothing.length, null);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN' || code === 'EINTR') return false;
    throw new BpfUnavailable(`a walk over the sockets failed: ${code}`, error);
  }
}
