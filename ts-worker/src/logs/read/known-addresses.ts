// The addresses of a log, numbered in the order in which they come. IPv4 ones are told apart by
// their value, which is read from the bytes of the line. No text is made of one, but of all that are new
// together.

import { ownText } from '../format/own-text.ts';
import type { PortColumn } from '../format/port-columns.ts';
import { readAddress } from '../format/port-record.ts';
import type { Block } from './block.ts';

const digitZero = 0x30;
const dot = 0x2e;
const comma = 0x2c;
const lineFeed = 0x0a;
/** Knuth's multiplier for hashing, of the golden ratio. */
const multiplier = 0x9e3779b1;

/** Twice as many as there are addresses, so that a search is short. */
const slotBits = 16;
const slots = 1 << slotBits;

/** So many have numbers, which fit into two bytes with those of one more record; then restart() has to
 * come. */
export const mostAddresses = slots / 2 - 2;

/** An IPv4 address at the beginning of some bytes. */
class LeadingIpv4 {
  /** Where it ends, or where it can't be one any more. */
  end = 0;

  /** Its value; -1 where there is none, or it has more digits than it needs. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let value = 0;
    let part = -1;
    let dots = 0;
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      const digit = byte - digitZero;
      if (digit >= 0 && digit <= 9) {
        if (part === 0) break; // to some programs a leading zero means octal
        part = part < 0 ? digit : part * 10 + digit;
        if (part > 255) break;
      } else if (byte === dot && part >= 0 && dots < 3) {
        value = (value << 8) | part;
        part = -1;
        dots += 1;
      } else break;
    }
    this.end = at;
    return dots === 3 && part >= 0 && part <= 255 ? ((value << 8) | part) >>> 0 : -1;
  }
}

/** Lines of one text, put together from bytes. */
class GrowingText {
  #bytes = Buffer.allocUnsafe(4096);
  #length = 0;

  add(bytes: Uint8Array, from: number, to: number): void {
    if (this.#length + to - from >= this.#bytes.length) this.#grow(to - from);
    let length = this.#length;
    for (let at = from; at < to; at++) this.#bytes[length++] = bytes[at] ?? 0;
    this.#bytes[length++] = lineFeed;
    this.#length = length;
  }

  /** All lines without the end of the last one; null where there are none. The next is the first again. */
  take(): string | null {
    const text = this.#length === 0 ? null : this.#bytes.toString('latin1', 0, this.#length - 1);
    this.#length = 0;
    return text;
  }

  #grow(more: number): void {
    const bytes = Buffer.allocUnsafe(2 * (this.#bytes.length + more));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}

export class KnownAddresses {
  /** Two by slot, side by side in memory: the value, and one more than the number of the address, 0 where
   * the slot is free. */
  readonly #slots = new Uint32Array(2 * slots);
  readonly #others = new Map<string, number>();
  readonly #ipv4 = new LeadingIpv4();
  /** Where the text ended that was looked for last. */
  end = 0;
  /** Those that were numbered last, one a line. */
  readonly #fresh = new GrowingText();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the address that stands there. Throws BadField where there is none. */
  number(block: Block, from: number, to: number, column: PortColumn): number {
    const number = this.find(block, from, to);
    return number < 0 ? this.#addOther(block, from, to, column) : number;
  }

  /** The number of the address with which these bytes begin, as far as a comma or all of them; -1 where
   * nobody knows yet whether it is one. */
  find(block: Block, from: number, to: number): number {
    const { bytes } = block;
    const value = this.#ipv4.read(bytes, from, to);
    let { end } = this.#ipv4;
    const isWhole = end === to || bytes[end] === comma;
    while (end < to && bytes[end] !== comma) end++;
    this.end = end;
    if (value >= 0 && isWhole) return this.#numberOf(value, bytes, from);
    return this.#others.get(block.text.slice(from, end)) ?? -1;
  }

  /** Of the address of this value, whose text begins there. */
  #numberOf(value: number, bytes: Uint8Array, from: number): number {
    const known = this.#slots;
    let at = 2 * (Math.imul(value, multiplier) >>> (32 - slotBits));
    while (known[at + 1] !== 0 && known[at] !== value) at = (at + 2) & (2 * slots - 1);
    if (known[at + 1] === 0) {
      known[at] = value;
      this.#fresh.add(bytes, from, this.end);
      known[at + 1] = ++this.#count;
    }
    return (known[at + 1] ?? 0) - 1;
  }

  /** Those that were numbered since the last call, in the order of their numbers, one a line; null
   * where there are none. */
  takeFresh(): string | null {
    return this.#fresh.take();
  }

  /** The numbers begin at 0 again. */
  restart(): void {
    if (this.#count === 0) return;
    this.#slots.fill(0);
    this.#others.clear();
    this.#fresh.take();
    this.#count = 0;
  }

  #addOther(block: Block, from: number, to: number, column: PortColumn): number {
    const text = ownText(readAddress(block.text.slice(from, to), column));
    this.#fresh.add(block.bytes, from, to);
    this.#others.set(text, this.#count);
    return this.#count++;
  }
}
