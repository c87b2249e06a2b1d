// Lines that begin with `#` tell what is no change of a port: gaps, heartbeats, why a file was
// begun. They have one grammar:
//
//   # <time, UTC, microseconds> <kind> <count, or - where there is none> <reason, to the end>

import { toIso } from '../../time/iso.ts';
import { escapeText, unescapeText } from './escape.ts';
import { isUsualYear } from './wall-time.ts';

export const statusKinds = [
  'Begin', // a file begins; the reason says why (start, midnight, size …)
  'End', // a file ends; the count is that of its records
  'Heartbeat', // the recorder lives; the count is that of the records since the last one
  'Gap', // so many changes were missed
  'LimitPassed', // the file has more bytes than it should; the count is that of the bytes
  'ClockSet', // the clock was set
  'Suspended', // the machine slept
  'Interrupted', // an earlier run ended without a word: killed, or the power failed
  'Torn', // a file of an earlier run ends inside a line
  'Removed', // old files were removed; the count is theirs
] as const;
export type StatusKind = (typeof statusKinds)[number];

export interface Status {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly kind: StatusKind;
  readonly count: number | null;
  readonly reason: string;
}

/** A later version may know more kinds. */
export type StatusRead = Omit<Status, 'kind'> & { readonly kind: string };

/** `2026-07-06T11:44:04.000001Z` */
export const utcText = (moment: number): string => toIso(moment).replace('+00:00', 'Z');

/** Milliseconds since the epoch; null for anything that utcText() does not write. */
export function parseUtcText(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})(\d{3})Z$/.exec(text);
  const milliseconds = Date.parse(`${match?.[1]}Z`);
  const isMoment = !Number.isNaN(milliseconds) && isUsualYear(Number(text.slice(0, 4)));
  if (match === null || !isMoment) return null;
  return (milliseconds * 1000 + Number(match[2])) / 1000;
}

export function statusLine({ time, kind, count, reason }: Status): string {
  return `# ${utcText(time)} ${kind} ${count ?? '-'} ${escapeText(reason)}`;
}

export function parseStatusLine(line: string): StatusRead | null {
  const match = /^# (\S+) ([A-Za-z]+) (\d{1,15}|-) (.*)$/.exec(line);
  const time = parseUtcText(match?.[1] ?? '');
  if (match === null || time === null) return null;
  const [, , kind = '', count = '', reason = ''] = match;
  return { time, kind, count: count === '-' ? null : Number(count), reason: unescapeText(reason) };
}
