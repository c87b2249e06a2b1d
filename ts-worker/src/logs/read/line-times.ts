// The moment of a record: its UTC column where it has one, else its local date and time. Many lines
// share a second or a day, so what its text means is remembered.

import { BadField } from '../format/port-record.ts';
import { asUtc, parseRecordStamp } from '../format/wall-time.ts';
import type { CutLine } from './cut-line.ts';
import type { Layout } from './layout.ts';
import type { LocalTimes } from './time-zone.ts';

export interface LineTimes {
  /** Milliseconds since the epoch. Throws BadField where the line has no time. */
  of(line: CutLine): number;
}

/** The number of so many digits; NaN where something else stands there. */
function digits(text: string, from: number, to: number): number {
  let value = from < to ? 0 : Number.NaN;
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

const secondLength = '2026-07-06T11:44:04.'.length;
const wholeLength = '2026-07-06T11:44:04.000000Z'.length;

/** Reads the column `time (UTC)`. */
export class UtcTimes implements LineTimes {
  readonly #place: number;
  /** The last text up to the fraction, and what it means. */
  #second = 'none yet';
  #moment = 0;

  constructor(layout: Layout) {
    this.#place = layout.place('time (UTC)');
  }

  of(line: CutLine): number {
    const text = line.raw(this.#place) ?? '';
    if (!text.startsWith(this.#second)) this.#enter(text.slice(0, secondLength));
    const micros = digits(text, secondLength, wholeLength - 1);
    const isWhole = text.length === wholeLength && text.endsWith('Z') && !Number.isNaN(micros);
    if (!isWhole) throw badUtc();
    return (this.#moment * 1000 + micros) / 1000;
  }

  #enter(second: string): void {
    const isSecond = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.$/.test(second);
    const moment = isSecond ? Date.parse(`${second}000Z`) : Number.NaN;
    if (Number.isNaN(moment)) throw badUtc();
    this.#second = second;
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
  #day = '';
  /** The beginning of the day, as if it were UTC. */
  #dayBegin = 0;

  constructor(layout: Layout, local: LocalTimes) {
    this.#date = layout.place('date');
    this.#time = layout.place('time');
    this.#local = local;
  }

  of(line: CutLine): number {
    const date = line.raw(this.#date) ?? '';
    if (date !== this.#day) this.#enterDay(date);
    const time = line.raw(this.#time) ?? '';
    const minutes = time.indexOf(':') + 1;
    const seconds = time.indexOf(':', minutes) + 1;
    const hour = digits(time, 0, minutes - 1);
    const minute = digits(time, minutes, seconds - 1);
    const second = digits(time, seconds, time.length);
    if (!(hour < 24 && minute < 60 && second < 60)) throw badWall();
    return this.#local.next(this.#dayBegin + ((hour * 60 + minute) * 60 + second) * 1000);
  }

  #enterDay(date: string): void {
    const wall = parseRecordStamp(`${date},0:0:0`);
    if (wall === null) throw badWall();
    this.#day = date;
    this.#dayBegin = asUtc(wall);
  }
}

const badWall = () => new BadField('date, time', 'local time such as 05/7/6,13:52:1');
