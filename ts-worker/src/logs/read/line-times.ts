// The moment of a record: its UTC column where it has one, else its local date and time. Many lines
// share a second or a day, so what its text means is remembered.

import { BadField } from '../format/port-record.ts';
import { asUtc, isUsualYear, parseRecordStamp } from '../format/wall-time.ts';
import type { CutLine } from './cut-line.ts';
import type { Layout } from './layout.ts';
import { LastBytes } from './same-bytes.ts';
import type { LocalTimes } from './time-zone.ts';

export interface LineTimes {
  /** Milliseconds since the epoch. Throws BadField where the line has no time. */
  of(line: CutLine): number;
}

const digitZero = 0x30;
const colon = 0x3a;
const letterZ = 0x5a;

/** The number of so many digits; NaN where something else stands there. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = from < to ? 0 : Number.NaN;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - digitZero;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

const secondLength = '2026-07-06T11:44:04.'.length;
const wholeLength = '2026-07-06T11:44:04.000000Z'.length;

/** Reads the column `time (UTC)`. */
export class UtcTimes implements LineTimes {
  readonly #place: number;
  readonly #field = new Int32Array(2);
  /** Up to the fraction. */
  readonly #last = new LastBytes();
  #moment = 0;

  constructor(layout: Layout) {
    this.#place = layout.place('time (UTC)');
  }

  of(line: CutLine): number {
    if (!line.field(this.#field, 0, this.#place)) throw badUtc();
    const { bytes, view } = line.block;
    const from = this.#field[0] ?? 0;
    const end = this.#field[1] ?? 0;
    const point = from + secondLength;
    if (end - from !== wholeLength || bytes[end - 1] !== letterZ) throw badUtc();
    if (!this.#last.isAt(view, from, point)) this.#enter(bytes, from, point);
    const micros = digits(bytes, point, end - 1);
    if (Number.isNaN(micros)) throw badUtc();
    return (this.#moment * 1000 + micros) / 1000;
  }

  #enter(bytes: Buffer, from: number, to: number): void {
    const second = bytes.toString('latin1', from, to);
    const isSecond = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.$/.test(second);
    const moment = isSecond ? Date.parse(`${second}000Z`) : Number.NaN;
    if (Number.isNaN(moment) || !isUsualYear(Number(second.slice(0, 4)))) throw badUtc();
    this.#last.set(bytes.subarray(from, to));
    this.#moment = moment;
  }
}

const badUtc = () => new BadField('time (UTC)', 'a time such as 2026-07-06T11:44:04.000000Z');

/** Reads the columns `date` and `time`. It has to see every line: an hour that comes twice is told
 * apart by the order of the lines. */
export class WallTimes implements LineTimes {
  readonly #date: number;
  readonly #time: number;
  readonly #local: LocalTimes;
  /** Where the date begins and ends, and the time. */
  readonly #fields = new Int32Array(4);
  readonly #lastDate = new LastBytes();
  readonly #lastTime = new LastBytes();
  /** The beginning of the day, as if it were UTC. */
  #dayBegin = 0;
  #moment = 0;

  constructor(layout: Layout, local: LocalTimes) {
    this.#date = layout.place('date');
    this.#time = layout.place('time');
    this.#local = local;
  }

  of(line: CutLine): number {
    const fields = this.#fields;
    const isThere = line.field(fields, 0, this.#date) && line.field(fields, 2, this.#time);
    if (!isThere) throw badWall();
    const { bytes, view } = line.block;
    const date = fields[0] ?? 0;
    const dateEnd = fields[1] ?? 0;
    const time = fields[2] ?? 0;
    const end = fields[3] ?? 0;
    const isSameDay = this.#lastDate.isWhole(view, date, dateEnd);
    if (isSameDay && this.#lastTime.isWhole(view, time, end)) return this.#moment;
    if (!isSameDay) this.#enterDay(bytes, date, dateEnd);
    this.#moment = this.#local.next(this.#dayBegin + timeOfDay(bytes, time, end));
    this.#lastTime.set(bytes.subarray(time, end));
    return this.#moment;
  }

  #enterDay(bytes: Buffer, from: number, to: number): void {
    const wall = parseRecordStamp(`${bytes.toString('latin1', from, to)},0:0:0`);
    if (wall === null) throw badWall();
    this.#lastDate.set(bytes.subarray(from, to));
    this.#lastTime.forget();
    this.#dayBegin = asUtc(wall);
  }
}

/** Milliseconds since midnight of a text such as `13:52:1`. */
function timeOfDay(bytes: Buffer, from: number, to: number): number {
  const minutes = bytes.indexOf(colon, from) + 1;
  const seconds = bytes.indexOf(colon, minutes) + 1;
  if (minutes === 0 || seconds === 0 || seconds > to) throw badWall();
  const hour = digits(bytes, from, minutes - 1);
  const minute = digits(bytes, minutes, seconds - 1);
  const second = digits(bytes, seconds, to);
  if (!(hour < 24 && minute < 60 && second < 60)) throw badWall();
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

const badWall = () => new BadField('date, time', 'local time such as 05/7/6,13:52:1');
