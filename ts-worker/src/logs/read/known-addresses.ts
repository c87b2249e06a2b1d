// The addresses of a log, numbered in the order in which they come. IPv4 ones are told apart by
// their value, which is read from the bytes of the line: of one that was seen before nothing is
// made.

import { ownText } from '../format/own-text.ts';
import type { PortColumn } from '../format/port-columns.ts';
import { readAddress } from '../format/port-record.ts';
import type { Block } from './block.ts';

const digitZero = 0x30;
const dot = 0x2e;
/** Knuth's multiplier for hashing, of the golden ratio. */
const multiplier = 0x9e3779b1;

/** Twice as many as there are addresses, so that a search is short. */
const slotBits = 16;
const slots = 1 << slotBits;

/** So many have numbers, which fit into two bytes with those of one more record; then restart() has to
 * come. */
export const mostAddresses = slots / 2 - 2;

/** The value of an IPv4 address; -1 where it is none, or has more digits than it needs. */
function ipv4At(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const digit = byte - digitZero;
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return -1; // to some programs a leading zero means octal
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return -1;
    } else if (byte === dot && part >= 0 && dots < 3) {
      value = (value << 8) | part;
      part = -1;
      dots += 1;
    } else return -1;
  }
  return dots === 3 && part >= 0 ? ((value << 8) | part) >>> 0 : -1;
}

export class KnownAddresses {
  readonly #values = new Uint32Array(slots);
  /** By slot; 0 where it is free, else one more than the number of the address. */
  readonly #numbers = new Int32Array(slots);
  readonly #others = new Map<string, number>();
  #fresh: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the address that stands there. Throws BadField where there is none. */
  number(block: Block, from: number, to: number, column: PortColumn): number {
    const number = this.find(block, from, to);
    return number < 0 ? this.#addOther(block.text.slice(from, to), column) : number;
  }

  /** Likewise; -1 where nobody knows yet whether it is one. */
  find(block: Block, from: number, to: number): number {
    const value = ipv4At(block.bytes, from, to);
    if (value < 0) return this.#others.get(block.text.slice(from, to)) ?? -1;
    let slot = Math.imul(value, multiplier) >>> (32 - slotBits);
    while (this.#numbers[slot] !== 0 && this.#values[slot] !== value) slot = (slot + 1) % slots;
    if (this.#numbers[slot] === 0) {
      this.#values[slot] = value;
      this.#numbers[slot] = this.#add(block.bytes.toString('latin1', from, to)) + 1;
    }
    return (this.#numbers[slot] ?? 0) - 1;
  }

  /** Those that were numbered since the last call, in the order of their numbers. */
  takeFresh(): string[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  /** The numbers begin at 0 again. */
  restart(): void {
    if (this.#count === 0) return;
    this.#numbers.fill(0);
    this.#others.clear();
    this.#fresh = [];
    this.#count = 0;
  }

  #addOther(raw: string, column: PortColumn): number {
    const text = ownText(readAddress(raw, column));
    const number = this.#add(text);
    this.#others.set(text, number);
    return number;
  }

  #add(text: string): number {
    this.#fresh.push(text);
    return this.#count++;
  }
}
