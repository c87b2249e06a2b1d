// A line of PR-PORTS cut at its commas but not yet read: objects are made only of what passes the
// filter, and a line is scanned only as far as somebody asks. One object serves all lines.

import type { PortColumn } from '../format/port-columns.ts';
import type { Fields } from '../format/port-record.ts';
import { type Block, blockOf } from './block.ts';
import { decodeField } from './field-text.ts';
import type { Layout } from './layout.ts';

const comma = 0x2c;
const star = 0x2a;
const digitZero = 0x30;
const mostFields = 256;

export class CutLine implements Fields {
  readonly layout: Layout;
  /** Where each field begins; behind the last, where the next would. */
  readonly #begins = new Int32Array(mostFields + 2);
  #block: Block = blockOf(new Uint8Array());
  #to = 0;
  /** Fields whose end is known. */
  #known = 0;
  #isWhole = false;
  #toldPlace = Number.NaN;
  #toldFrom = 0;
  #toldTo = 0;

  constructor(layout: Layout) {
    this.layout = layout;
  }

  get isEscaped(): boolean {
    return this.layout.isEscaped;
  }

  set(block: Block, from: number, to: number): void {
    this.#block = block;
    this.#to = to;
    this.#begins[0] = from;
    this.#known = 0;
    this.#isWhole = false;
    this.#toldPlace = Number.NaN;
  }

  /** How many fields there are. */
  get count(): number {
    this.#has(mostFields);
    return this.#known;
  }

  /** False where nobody has looked as far as the end of the line, or it has the fields it
   * should. */
  get isKnownWrong(): boolean {
    return this.#isWhole && !this.layout.fits(this.#known);
  }

  /** Scans as far as the end of that field; false where there is no such field. */
  #has(place: number): boolean {
    if (place < this.#known) return true;
    if (this.#isWhole || Number.isNaN(place)) return false;
    const { bytes } = this.#block;
    const begins = this.#begins;
    const to = this.#to;
    const enough = Math.min(place + 1, mostFields);
    let known = this.#known;
    for (let at = begins[known] ?? to; at < to; at++) {
      if (bytes[at] !== comma) continue;
      known += 1;
      begins[known] = at + 1;
      if (known < enough) continue;
      this.#known = known;
      return known > place;
    }
    begins[known + 1] = to + 1;
    this.#known = known + 1;
    this.#isWhole = true;
    return place < this.#known;
  }

  get block(): Block {
    return this.#block;
  }

  get from(): number {
    return this.#begins[0] ?? 0;
  }

  get to(): number {
    return this.#to;
  }

  /** Says where a field is, so that nobody has to look for it. */
  tell(place: number, from: number, to: number): void {
    this.#toldPlace = place;
    this.#toldFrom = from;
    this.#toldTo = to;
  }

  /** Writes where a field begins and ends. False where there is no such field. */
  field(into: Int32Array, at: number, place: number): boolean {
    if (place === this.#toldPlace) {
      into[at] = this.#toldFrom;
      into[at + 1] = this.#toldTo;
      return true;
    }
    if (!this.#has(place)) return false;
    into[at] = this.#begins[place] ?? 0;
    into[at + 1] = (this.#begins[place + 1] ?? 0) - 1;
    return true;
  }

  /** As it stands in the file; null where there is no such field. */
  raw(place: number): string | null {
    return this.#has(place) ? this.rawRange(place, place) : null;
  }

  /** Fields that follow each other, with the commas between them, as far as there are any. */
  rawRange(first: number, last: number): string {
    const end = this.#has(last) ? last : this.#known - 1;
    return this.#block.text.slice(this.#begins[first], (this.#begins[end + 1] ?? 0) - 1);
  }

  /** A port or pid; -1 where there is none (empty, missing, `*`), NaN where it is no number. */
  number(place: number): number {
    if (!this.#has(place)) return -1;
    const { bytes } = this.#block;
    const from = this.#begins[place] ?? 0;
    const to = (this.#begins[place + 1] ?? 0) - 1;
    if (from === to || (to - from === 1 && bytes[from] === star)) return -1;
    let value = 0;
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] ?? 0) - digitZero;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
    return value;
  }

  text(column: PortColumn): string | null {
    const raw = this.raw(this.layout.place(column));
    return raw === null ? null : decodeField(raw);
  }
}
