// What is known of stretches of a line that come again and again, found by their bytes: of what was
// seen before no text has to be made, nor looked up. Of long stretches only the ends are hashed, as
// all of their bytes are compared anyway.

import type { Block } from './block.ts';

/** A power of two, far more than there are entries, so that a search seldom has to go on. */
const slots = 16_384;
const mostEntries = slots / 2;
/** A search ends here, so that a file can't be made to take forever: what is not found is read. */
const mostSteps = 32;
/** Stretches up to this length are hashed whole, of longer ones this much of both ends. */
const hashedEnd = 16;

/** Knuth's multiplier for hashing, of the golden ratio. */
const multiplier = 0x9e3779b1;

interface Entry {
  readonly hash: number;
  readonly key: DataView;
  readonly number: number;
}

/** Where the stretches begin and end in a block: from, to, from, to. */
export type Stretches = Int32Array;

function hashOf({ view }: Block, stretches: Stretches, seed: number): number {
  let hash = seed;
  for (let i = 0; i < stretches.length; i += 2) {
    const from = stretches[i] ?? 0;
    const to = stretches[i + 1] ?? 0;
    const isLong = to - from > 2 * hashedEnd;
    hash = hashOn(view, from, isLong ? from + hashedEnd : to, hash ^ (to - from));
    if (isLong) hash = hashOn(view, to - hashedEnd, to, hash);
  }
  return hash ^ (hash >>> 15);
}

function hashOn(view: DataView, from: number, to: number, before: number): number {
  let hash = before;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at), multiplier);
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), multiplier);
  return hash;
}

/** The seed stands before the stretches. */
function keyOf({ bytes }: Block, stretches: Stretches, seed: number): DataView {
  const parts: Uint8Array[] = [Uint8Array.of(seed)];
  for (let i = 0; i < stretches.length; i += 2) {
    parts.push(bytes.subarray(stretches[i], stretches[i + 1]));
  }
  const key = Uint8Array.from(Buffer.concat(parts));
  return new DataView(key.buffer);
}

function isEqual(key: DataView, { view }: Block, stretches: Stretches, seed: number): boolean {
  if (key.getUint8(0) !== seed) return false;
  let place = 1;
  for (let i = 0; i < stretches.length; i += 2) {
    const to = stretches[i + 1] ?? 0;
    let at = stretches[i] ?? 0;
    if (key.byteLength - place < to - at) return false;
    for (; at + 4 <= to; at += 4, place += 4) {
      if (key.getInt32(place) !== view.getInt32(at)) return false;
    }
    for (; at < to; at++, place++) if (key.getUint8(place) !== view.getUint8(at)) return false;
  }
  return place === key.byteLength;
}

export class KnownLines {
  #slots: (Entry | undefined)[] = new Array(slots);
  #count = 0;

  /** The number that was given to the same bytes and seed (0 to 255); -1 where there is none. */
  find(block: Block, stretches: Stretches, seed: number): number {
    const hash = hashOf(block, stretches, seed);
    for (let step = 0; step < mostSteps; step++) {
      const entry = this.#slots[(hash + step) & (slots - 1)];
      if (entry === undefined) return -1;
      if (entry.hash === hash && isEqual(entry.key, block, stretches, seed)) return entry.number;
    }
    return -1;
  }

  /** For what was not found. */
  add(block: Block, stretches: Stretches, seed: number, number: number): void {
    if (this.#count >= mostEntries) this.clear();
    const hash = hashOf(block, stretches, seed);
    for (let step = 0; step < mostSteps; step++) {
      const slot = (hash + step) & (slots - 1);
      if (this.#slots[slot] !== undefined) continue;
      this.#slots[slot] = { hash, key: keyOf(block, stretches, seed), number };
      this.#count += 1;
      return;
    }
  }

  clear(): void {
    if (this.#count > 0) this.#slots = new Array(slots);
    this.#count = 0;
  }
}
