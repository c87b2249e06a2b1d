// The table of socket-table.ts, read by a program that walks over the files of processes by itself
// (files.bpf.c). It leaves its records in memory that is ours, too: one half of it is filled while the
// other is looked at.

import { closeSync, read } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { allOf } from './all-of.ts';
import { attachIterator, openIterator } from './attach.ts';
import files from './files.bpf.o';
import { goOnAfter, type RecordsVisitor } from './iterator-reader.ts';
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
  walk: 20,
  walks: 24,
  inodes: 28,
  operations: 32,
} as const;
const progressSize = 40;

/** The place of a member in words. */
const word = (name: keyof typeof fileProgressOffsets): number => fileProgressOffsets[name] / 4;

/** Bytes of half of the map. */
const halfSize = 4096 * recordSize;

interface Share {
  /** Which of the walks that go on at once, and of how many. */
  readonly walk: number;
  readonly walks: number;
  readonly inodes: boolean;
}

/** One walk at a time. */
class Walk {
  readonly #loaded: LoadedObject;
  readonly #progress: Uint32Array;
  readonly #halves: readonly Uint8Array[];
  #link: number | null = null;

  /** `met`: the map of another walk, whose part of the sockets is remembered together with ours. */
  constructor(met?: number) {
    const maps = new Map(met === undefined ? [] : [['met', met]]);
    this.#loaded = new LoadedObject(files, { maps });
    try {
      this.#progress = new Uint32Array(this.#loaded.memory('progresses', progressSize));
      const records = this.#loaded.memory('records', 2 * halfSize);
      this.#halves = [0, halfSize].map((at) => new Uint8Array(records, at, halfSize));
      this.#link = attachIterator(this.#loaded.loadOnly());
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get met(): number {
    return this.#loaded.map('met');
  }

  metMemory(): Uint8Array {
    return new Uint8Array(this.#loaded.memory('met', metSize));
  }

  /** Gives how many of the sockets have no cookie but a name. */
  async read(visit: RecordsVisitor, { walk, walks, inodes }: Share): Promise<number> {
    if (this.#link === null) throw new RangeError('The walk is closed');
    this.#progress.fill(0);
    this.#progress[word('walk')] = walk;
    this.#progress[word('walks')] = walks;
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

/** From so many records on a second walk is worth its loading: they go over half of the processes each. */
const manyRecords = 10_000;

export class FileWalk {
  readonly #first = new Walk();
  #second: Walk | null = null;
  #met: Uint8Array | null = this.#first.metMemory();
  #isLong = false;

  /** The descriptor of the map that remembers which sockets the last read met. */
  get met(): number {
    return this.#first.met;
  }

  /** One pass over all holders; gives their records as socket-record.ts reads them, and then how many of
   * them have no cookie but a name. Only MPTCP sockets have an inode number, or all with `inodes`. */
  async read(visit: RecordsVisitor, inodes = false): Promise<number> {
    if (this.#met === null) throw new RangeError('The walk is closed');
    if (this.#isLong && availableParallelism() > 1) this.#second ??= new Walk(this.met);
    const walks = this.#second === null ? [this.#first] : [this.#first, this.#second];
    let bytes = 0;
    const count = (records: Uint8Array): void => {
      bytes += records.length;
      visit(records);
    };
    this.#met.fill(0);
    const namelessOf = await allOf(
      walks.map((each, walk) => each.read(count, { walk, walks: walks.length, inodes })),
    );
    this.#isLong = bytes > manyRecords * recordSize;
    return namelessOf.reduce((sum, nameless) => sum + nameless, 0);
  }

  close(): void {
    this.#met = null;
    this.#first.close();
    this.#second?.close();
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
    goOnAfter(error);
    return false;
  }
}
