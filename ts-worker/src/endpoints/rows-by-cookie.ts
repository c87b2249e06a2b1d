// Finds the row of a cookie, tens of thousands of times in a reading: numbers in a flat table, where a
// Map takes three times as long, most of it to grow.

import type { SocketColumns } from './socket-columns.ts';

const firstRoom = 2048; // a power of two

/** Spreads cookies, which mostly follow each other (Knuth's multiplication). */
const hash = (cookie: number): number => Math.imul(cookie >>> 0, 0x9e3779b1) >>> 7;

export class RowsByCookie {
  readonly #columns: SocketColumns;
  /** One more than the number of a row; 0 where none is. At most half of the places are taken. */
  #places = new Uint32Array(firstRoom);
  #count = 0;

  constructor(columns: SocketColumns) {
    this.#columns = columns;
  }

  /** -1 where there is none, as for the cookie 0, which is none. */
  get(cookie: number): number {
    return cookie === 0 ? -1 : (this.#places[this.#placeOf(cookie)] ?? 0) - 1;
  }

  /** The row must have its cookie. */
  add(row: number): void {
    const cookie = this.#columns.cookie[row] ?? 0;
    if (cookie === 0) return;
    this.#places[this.#placeOf(cookie)] = row + 1;
    this.#count += 1;
    if (2 * this.#count > this.#places.length) this.#grow();
  }

  /** Where the row is, or would be. */
  #placeOf(cookie: number): number {
    const places = this.#places;
    const cookies = this.#columns.cookie;
    const last = places.length - 1;
    let place = hash(cookie) & last;
    for (;;) {
      const row = places[place] ?? 0;
      if (row === 0 || cookies[row - 1] === cookie) return place;
      place = (place + 1) & last;
    }
  }

  #grow(): void {
    const rows = this.#places;
    this.#places = new Uint32Array(4 * rows.length);
    for (const row of rows) {
      if (row !== 0) this.#places[this.#placeOf(this.#columns.cookie[row - 1] ?? 0)] = row;
    }
  }
}
