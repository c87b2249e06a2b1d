// What stands behind the addresses of a line comes again and again, but for the time (UTC) in its
// middle. It is found by its bytes: of what was seen before no text has to be made, nor is it searched
// for commas. Few of the bytes are hashed, as all of them are compared anyway.

import { isSame, viewOf } from './same-bytes.ts';

/** A power of two, far more than there are tails, so that a search seldom has to go on. */
const slots = 16_384;
const mostTails = slots / 2;
/** A log may have columns that nobody knows and that are as long as a line may be, so that all tails
 * together would take gigabytes. Longer ones are read. */
const longestTail = 1024;
/** A search ends here, so that a file can't be made to take forever: what is not found is read. */
const mostSteps = 32;
/** What is hashed of the beginning, the pid mostly, and of the end. A time in it would be another each
 * time. */
const hashedBegin = 8;
const hashedEnd = 4;

/** Knuth's multiplier for hashing, of the golden ratio. */
const multiplier = 0x9e3779b1;

const mix = (hash: number, number: number): number => {
  const product = Math.imul(hash ^ number, multiplier);
  return product ^ (product >>> 15);
};

function hashOf(view: DataView, from: number, to: number, front: number): number {
  const begin = mix(mix(front ^ (to - from), view.getInt32(from)), view.getInt32(from + 4));
  return mix(begin, view.getInt32(to - hashedEnd));
}

/** The tail of a line: from the comma behind its addresses to its end. */
export interface Tail {
  view: DataView;
  from: number;
  to: number;
  /** What has to be the same of what stands before. */
  front: number;
}

/** Where a field begins and ends. */
export interface Field {
  readonly from: number;
  readonly to: number;
}

export class KnownTail {
  readonly number: number;
  readonly hash: number;
  /** So many bytes stand before the time, are the time (0: there is none) and stand behind it. */
  readonly head: number;
  readonly timeLength: number;
  readonly end: number;
  readonly #front: number;
  readonly #bytes: DataView;

  constructor({ view, from, to, front }: Tail, time: Field, number: number) {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.number = number;
    this.hash = hashOf(view, from, to, front);
    this.head = time.from - from;
    this.timeLength = time.to - time.from;
    this.end = to - time.to;
    this.#front = front;
    this.#bytes = viewOf(bytes.subarray(from, time.from), bytes.subarray(time.to, to));
  }

  isAt({ view, from, to, front }: Tail): boolean {
    const { head, end } = this;
    return (
      front === this.#front &&
      to - from === head + this.timeLength + end &&
      isSame(view, from, this.#bytes, 0, head) &&
      isSame(view, to - end, this.#bytes, head, end)
    );
  }
}

export class KnownTails {
  #slots: (KnownTail | undefined)[] = new Array(slots);
  #count = 0;

  /** One of the same bytes but for the time, behind the same front; null where there is none. */
  find(tail: Tail): KnownTail | null {
    const { view, from, to, front } = tail;
    if (to - from < hashedBegin || to - from > longestTail) return null;
    const hash = hashOf(view, from, to, front);
    for (let step = 0; step < mostSteps; step++) {
      const known = this.#slots[(hash + step) & (slots - 1)];
      if (known === undefined) return null;
      if (known.hash === hash && known.isAt(tail)) return known;
    }
    return null;
  }

  /** For what was not found. `time` is where it stands; where there is none, empty at the end. */
  add(tail: Tail, time: Field, number: number): void {
    const { from, to } = tail;
    const isTimeHashed =
      time.from < from + hashedBegin || (time.from < to && time.to > to - hashedEnd);
    if (isTimeHashed || to - from > longestTail) return;
    if (this.#count >= mostTails) this.clear();
    const known = new KnownTail(tail, time, number);
    for (let step = 0; step < mostSteps; step++) {
      const slot = (known.hash + step) & (slots - 1);
      if (this.#slots[slot] !== undefined) continue;
      this.#slots[slot] = known;
      this.#count += 1;
      return;
    }
  }

  clear(): void {
    if (this.#count > 0) this.#slots = new Array(slots);
    this.#count = 0;
  }
}
