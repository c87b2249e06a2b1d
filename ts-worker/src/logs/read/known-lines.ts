// What is known of stretches of a line that come again and again, found by their bytes: of what was
// seen before no text has to be made, nor looked up.

import type { Block } from './block.ts';

/** A power of two, far more than there are entries, so that a search seldom has to go on. */
const slots = 16_384;
const mostEntries = slots / 2;

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
    const to = stretches[i + 1] ?? 0;
    let at = stretches[i] ?? 0;
    for (; at + 4 <= to; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at), multiplier);
      hash ^= hash >>> 15;
    }
    for (; at < to; at++) hash = Math.imul(hash ^ view.getUint8(at), multiplier);
  }
  return hash ^ (hash >>> 15);
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
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const entry = this.#slots[slot];
      if (entry === undefined) return -1;
      if (entry.hash === hash && isEqual(entry.key, block, stretches, seed)) return entry.number;
    }
  }

  /** Once for the same bytes. */
  add(block: Block, stretches: Stretches, seed: number, number: number): void {
    if (this.#count >= mostEntries) this.clear();
    this.#count += 1;
    const hash = hashOf(block, stretches, seed);
    let slot = hash & (slots - 1);
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & (slots - 1);
    this.#slots[slot] = { hash, key: keyOf(block, stretches, seed), number };
  }

  clear(): void {
    if (this.#count > 0) this.#slots = new Array(slots);
    this.#count = 0;
  }
}
