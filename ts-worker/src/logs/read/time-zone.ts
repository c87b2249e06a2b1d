// Local time to UTC. An hour that the clocks show twice in autumn is told apart by the order of the
// lines: time does not run backwards in a log. An hour that they leave out in spring counts on.

import { PortReporterError } from '../../model/error.ts';
import { type Offset, parseOffset } from '../format/wall-time.ts';

export type TimeZone =
  | { readonly kind: 'Offset'; readonly offset: Offset }
  | { readonly kind: 'Named'; readonly name: string };

/** Node takes a TZ that it does not understand, or that is empty, for UTC, and has no name for it. */
export function machineZone(): TimeZone {
  const name: string | undefined = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { kind: 'Named', name: name === undefined || name === 'Etc/Unknown' ? 'UTC' : name };
}

/** Throws where the text is neither an offset nor a name of the time zone database. */
export function parseTimeZone(text: string): TimeZone {
  const offset = parseOffset(text);
  if (offset !== null) return { kind: 'Offset', offset };
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    return { kind: 'Named', name: timeZone };
  } catch {
    throw new PortReporterError('PR_TIME_ZONE_UNKNOWN', `'${text}' is no time zone.`, {
      target: text,
      hint: 'Name it as Europe/Berlin, or give its distance from UTC as +02:00.',
    });
  }
}

const day = 86_400_000;
const minute = 60_000;
/** Clocks are changed at such boundaries only. */
const quarter = 15 * minute;
/** A hundred days: a log runs through them one after the other. */
const mostQuarters = 10_000;

/** Gives the offset at a moment. */
function offsets(name: string): (moment: number) => Offset {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (moment) => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
    );
    return Math.round((wall - moment) / minute);
  };
}

export class LocalTimes {
  readonly #offsetAt: (moment: number) => Offset;
  /** The offsets that may hold in a quarter of an hour on the wall, the earlier moment first. */
  readonly #candidates = new Map<number, readonly Offset[]>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(zone: TimeZone) {
    this.#offsetAt = zone.kind === 'Offset' ? () => zone.offset : offsets(zone.name);
  }

  /** The moment of the next line, whose wall time is given as if it were UTC. */
  next(wall: number): number {
    const [first = 0, second] = this.#candidatesAt(wall);
    let moment = wall - first * minute;
    if (second !== undefined && moment < this.#last) moment = wall - second * minute;
    this.#last = moment;
    return moment;
  }

  #candidatesAt(wall: number): readonly Offset[] {
    const bucket = Math.floor(wall / quarter);
    let known = this.#candidates.get(bucket);
    if (known === undefined) {
      known = this.#find(bucket * quarter);
      if (this.#candidates.size >= mostQuarters) this.#candidates.clear();
      this.#candidates.set(bucket, known);
    }
    return known;
  }

  #find(wall: number): readonly Offset[] {
    const before = this.#offsetAt(wall - day);
    const after = this.#offsetAt(wall + day);
    const fitting = [...new Set([before, after])].filter(
      (offset) => this.#offsetAt(wall - offset * minute) === offset,
    );
    fitting.sort((a, b) => b - a); // further east: the same wall time is earlier
    return fitting.length > 0 ? fitting : [before];
  }
}
