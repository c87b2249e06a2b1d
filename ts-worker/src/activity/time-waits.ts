// What is in TIME_WAIT, in columns: hardly an event speaks of it, and at 1,000 connections a second there
// are 60,000. Entries of the model would be most of what the collector of garbage has to look through.

import type { SocketColumns } from '../endpoints/socket-columns.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import { type Entry, entryOf } from './entry.ts';
import { isSameConnection, numberOfEnds } from './over-connections.ts';

const leastRoom = 1024; // a power of two, as all others

/** Rows that have a number, which few others have, in as many chains as there are rows. */
class Chains {
  /** One more than the number of a row; 0 where there is none. */
  readonly #first: Uint32Array;
  readonly #next: Uint32Array;
  readonly #shift: number;

  constructor(room: number) {
    this.#first = new Uint32Array(room);
    this.#next = new Uint32Array(room);
    this.#shift = 32 - Math.log2(room);
  }

  /** -1 where there is none. */
  first(number: number): number {
    return (this.#first[this.#placeOf(number)] ?? 0) - 1;
  }

  after(row: number): number {
    return (this.#next[row] ?? 0) - 1;
  }

  add(number: number, row: number): void {
    const place = this.#placeOf(number);
    this.#next[row] = this.#first[place] ?? 0;
    this.#first[place] = row + 1;
  }

  remove(number: number, row: number): void {
    const after = this.#next[row] ?? 0;
    let before = this.first(number);
    if (before === row) this.#first[this.#placeOf(number)] = after;
    else {
      while (before >= 0 && this.after(before) !== row) before = this.after(before);
      if (before >= 0) this.#next[before] = after;
    }
  }

  /** Numbers mostly follow each other (Knuth's multiplication). */
  #placeOf(number: number): number {
    return Math.imul(number | 0, 0x9e37_79b1) >>> this.#shift;
  }
}

export class TimeWaits {
  /** Rows without a gap. */
  readonly #endpoints: Endpoint[] = [];
  readonly #ownerships: Ownership[] = [];
  #cookies = new Float64Array(leastRoom);
  #changedAt = new Float64Array(leastRoom);
  #seenIn = new Uint32Array(leastRoom);
  /** The numbers of their ends. */
  #ends = new Int32Array(leastRoom);
  #byCookie = new Chains(leastRoom);
  #byEnds = new Chains(leastRoom);

  get size(): number {
    return this.#endpoints.length;
  }

  add(entry: Entry): void {
    if (this.size === this.#cookies.length) this.#setRoom(2 * this.size);
    const row = this.size;
    this.#endpoints.push(entry.endpoint);
    this.#ownerships.push(entry.ownership);
    this.#cookies[row] = entry.cookie;
    this.#changedAt[row] = entry.changedAt;
    this.#seenIn[row] = entry.seenIn;
    this.#ends[row] = numberOfEnds(entry.endpoint);
    this.#link(row);
  }

  has(cookie: number): boolean {
    return this.#rowOf(cookie) >= 0;
  }

  /** Takes it out; null where there is none. */
  take(cookie: number): Entry | null {
    const row = this.#rowOf(cookie);
    return row < 0 ? null : this.#takeRow(row);
  }

  /** One with the same ends; it is taken out. */
  takeLike(endpoint: Endpoint): Entry | null {
    let row = this.#byEnds.first(numberOfEnds(endpoint));
    while (row >= 0 && !isSameConnection(this.#endpointAt(row), endpoint)) {
      row = this.#byEnds.after(row);
    }
    return row < 0 ? null : this.#takeRow(row);
  }

  /** Whether a reading of the tables shows one with this cookie as it is known here; notes it. */
  isSeen(cookie: number, sockets: SocketColumns, place: number, reading: number): boolean {
    const row = this.#rowOf(cookie);
    if (row < 0 || !sockets.isLike(place, this.#endpointAt(row))) return false;
    this.#seenIn[row] = reading;
    return true;
  }

  /** Takes out those that are over, of those that a reading of the tables does not show and that were
   * there before `moment`. Mostly that are many, and all chains are made anew. */
  takeUnseen(reading: number, moment: number, isOver: (entry: Entry) => boolean): Entry[] {
    const rows: number[] = [];
    const taken: Entry[] = [];
    for (const row of this.#unseen(reading, moment)) {
      const entry = this.#entryAt(row);
      if (!isOver(entry)) continue;
      rows.push(row);
      taken.push(entry);
    }
    this.#cutOut(rows);
    return taken;
  }

  moveOwners(moved: (ownership: Ownership) => Ownership): void {
    for (const [row, ownership] of this.#ownerships.entries()) {
      this.#ownerships[row] = moved(ownership);
    }
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let row = 0; row < this.size; row++) yield this.#entryAt(row);
  }

  #rowOf(cookie: number): number {
    let row = this.#byCookie.first(cookie);
    while (row >= 0 && this.#cookies[row] !== cookie) row = this.#byCookie.after(row);
    return row;
  }

  #endpointAt(row: number): Endpoint {
    const endpoint = this.#endpoints[row];
    if (endpoint === undefined) throw new RangeError(`There is no row ${row}`);
    return endpoint;
  }

  #ownershipAt(row: number): Ownership {
    const ownership = this.#ownerships[row];
    if (ownership === undefined) throw new RangeError(`There is no row ${row}`);
    return ownership;
  }

  #entryAt(row: number): Entry {
    const endpoint = this.#endpointAt(row);
    const [cookie, changedAt] = [this.#cookies[row] ?? 0, this.#changedAt[row] ?? 0];
    return entryOf(cookie, endpoint, this.#ownershipAt(row), changedAt);
  }

  /** The last row takes its place. */
  #takeRow(row: number): Entry {
    const entry = this.#entryAt(row);
    const last = this.size - 1;
    this.#unlink(row);
    if (row !== last) {
      this.#unlink(last);
      this.#copy(last, row);
      this.#link(row);
    }
    this.#endpoints.pop();
    this.#ownerships.pop();
    return entry;
  }

  #copy(from: number, to: number): void {
    this.#endpoints[to] = this.#endpointAt(from);
    this.#ownerships[to] = this.#ownershipAt(from);
    this.#cookies[to] = this.#cookies[from] ?? 0;
    this.#changedAt[to] = this.#changedAt[from] ?? 0;
    this.#seenIn[to] = this.#seenIn[from] ?? 0;
    this.#ends[to] = this.#ends[from] ?? 0;
  }

  #unseen(reading: number, moment: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.size; row++) {
      if (this.#seenIn[row] !== reading && (this.#changedAt[row] ?? 0) < moment) rows.push(row);
    }
    return rows;
  }

  /** Takes these rows away, the lowest first, and leaves some room for more. */
  #cutOut(rows: readonly number[]): void {
    const [first] = rows;
    if (first === undefined) return;
    let [next, kept] = [0, first];
    for (let row = first; row < this.size; row++) {
      if (row === rows[next]) next += 1;
      else this.#copy(row, kept++);
    }
    this.#endpoints.length = kept;
    this.#ownerships.length = kept;
    const { length } = this.#cookies;
    this.#setRoom(kept < length / 8 ? Math.max(length / 4, leastRoom) : length);
  }

  #link(row: number): void {
    this.#byCookie.add(this.#cookies[row] ?? 0, row);
    this.#byEnds.add(this.#ends[row] ?? 0, row);
  }

  #unlink(row: number): void {
    this.#byCookie.remove(this.#cookies[row] ?? 0, row);
    this.#byEnds.remove(this.#ends[row] ?? 0, row);
  }

  /** Links all rows anew. */
  #setRoom(room: number): void {
    if (room !== this.#cookies.length) {
      this.#cookies = inRoom(this.#cookies, new Float64Array(room));
      this.#changedAt = inRoom(this.#changedAt, new Float64Array(room));
      this.#seenIn = inRoom(this.#seenIn, new Uint32Array(room));
      this.#ends = inRoom(this.#ends, new Int32Array(room));
    }
    this.#byCookie = new Chains(room);
    this.#byEnds = new Chains(room);
    for (let row = 0; row < this.size; row++) this.#link(row);
  }
}

function inRoom<Column extends Float64Array | Uint32Array | Int32Array>(
  from: Column,
  to: Column,
): Column {
  to.set(from.subarray(0, to.length));
  return to;
}
