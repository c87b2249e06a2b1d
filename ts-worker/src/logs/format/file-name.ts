// Names of log files: the kind, and when the file was begun, in local time. One genuine name is
// known, PR-PIDS-05-07-6-13-44-4.log, of 13:44:04 on 6 July 2005: the year and the month have two
// digits, the rest has as many as it needs. A reader takes one or two digits in every part.

import { asUtc, checkedWallTime, fullYear, type WallTime } from './wall-time.ts';

/** PR-STATUS is ours: it stands beside logs in the Legacy format, which has no room for status. */
export const logKinds = ['PR-INITIAL', 'PR-PORTS', 'PR-PIDS', 'PR-STATUS'] as const;
export type LogKind = (typeof logKinds)[number];

export interface LogFileName {
  readonly kind: LogKind;
  readonly begun: WallTime;
  readonly isCompressed: boolean;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `26-07-6-13-44-4` */
export function fileStamp({ year, month, day, hour, minute, second }: WallTime): string {
  const date = `${twoDigits(year % 100)}-${twoDigits(month)}-${day}`;
  return `${date}-${hour}-${minute}-${second}`;
}

export const fileName = (kind: LogKind, stamp: string): string => `${kind}-${stamp}.log`;

const pattern = /^PR-([A-Z]+)-(\d\d?)-(\d\d?)-(\d\d?)-(\d\d?)-(\d\d?)-(\d\d?)\.log(\.gz)?$/i;

export function parseFileName(name: string): LogFileName | null {
  const match = pattern.exec(name);
  if (match === null) return null;
  const kind = logKinds.find((each) => each === `PR-${match[1]?.toUpperCase()}`);
  const [year = 0, ...rest] = match.slice(2, 8).map(Number);
  const begun = checkedWallTime([fullYear(year), ...rest]);
  if (kind === undefined || begun === null) return null;
  return { kind, begun, isCompressed: match[8] !== undefined };
}

/** The order in which files were begun, by the clock on the wall. */
export const compareBegun = (a: LogFileName, b: LogFileName): number =>
  asUtc(a.begun) - asUtc(b.begun);
