// The time of day as the logs write it: local time at a fixed offset from UTC. Each file has one
// offset for all its records, so local time and UTC are one addition apart.

/** Minutes east of UTC. */
export type Offset = number;

export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const minute = 60_000;

/** `moment` in milliseconds since the epoch. */
export function wallTime(moment: number, offset: Offset): WallTime {
  const shifted = new Date(Math.floor(moment + offset * minute));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth() + 1,
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
  };
}

/** The same wall time read as UTC: what it is before an offset is known. */
export function asUtc(wall: WallTime): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
}

export function momentOf(wall: WallTime, offset: Offset): number {
  return asUtc(wall) - offset * minute;
}

/** Days are counted from the epoch: two moments lie on one local day where this is the same. */
export function localDay(moment: number, offset: Offset): number {
  return Math.floor((moment + offset * minute) / 86_400_000);
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
const shortYear = ({ year }: WallTime): string => twoDigits(year % 100);

/** `05/7/6`: as genuine records have it, nothing padded but the year. */
export const recordDate = (wall: WallTime): string =>
  `${shortYear(wall)}/${wall.month}/${wall.day}`;

/** `13:52:1` */
export const recordTime = ({ hour, minute, second }: WallTime): string =>
  `${hour}:${minute}:${second}`;

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `Wed Jul 06 13:44:04 2005` */
export function systemDate(wall: WallTime): string {
  const day = days[new Date(asUtc(wall)).getUTCDay()];
  const clock = [wall.hour, wall.minute, wall.second].map(twoDigits).join(':');
  return `${day} ${months[wall.month - 1]} ${twoDigits(wall.day)} ${clock} ${wall.year}`;
}

/** Before the first year there is no [datetime], nor behind the last; all clocks are within these. */
const firstYear = 1601;
const lastYear = 9998;
export const isUsualYear = (year: number): boolean => year >= firstYear && year <= lastYear;

/** Null where a part is out of its range: there is no 31st of February. */
export function checkedWallTime(parts: readonly number[]): WallTime | null {
  const [year = -1, month = 0, day = 0, hour = -1, minute = -1, second = -1] = parts;
  const wall = { year, month, day, hour, minute, second };
  const back = wallTime(asUtc(wall), 0);
  const isSame = Object.entries(wall).every(
    ([part, value]) => value === back[part as keyof WallTime],
  );
  return isSame && isUsualYear(year) ? wall : null;
}

/** Two digits of a year are of this century: the first of these logs is of 2003. */
export const fullYear = (year: number): number => (year < 100 ? 2000 + year : year);

export function parseSystemDate(text: string): WallTime | null {
  const match = /^\w{3} (\w{3}) +(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2}) (\d{4})\s*$/.exec(text);
  if (match === null) return null;
  const [, name = '', day, hour, minute, second, year] = match;
  const month = months.indexOf(name) + 1;
  return checkedWallTime([Number(year), month, ...[day, hour, minute, second].map(Number)]);
}

/** `26/7/6,13:52:1`: how entries of PR-PIDS are stamped, and how they are referred to. */
export const recordStamp = (wall: WallTime): string => `${recordDate(wall)},${recordTime(wall)}`;

export function parseRecordStamp(text: string): WallTime | null {
  const match = /^(\d{1,4})\/(\d{1,2})\/(\d{1,2}),(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text);
  if (match === null) return null;
  const [year = 0, ...rest] = match.slice(1).map(Number);
  return checkedWallTime([fullYear(year), ...rest]);
}

/** `+02:00` */
export function formatOffset(offset: Offset): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

/** `+02:00`, `-0330`, `+2`, `Z`, `UTC`; null for anything else. */
export function parseOffset(text: string): Offset | null {
  if (/^(z|utc|gmt)$/i.test(text)) return 0;
  const match = /^(?:utc|gmt)?([+-])(\d{1,2})(?::?([0-5]\d))?$/i.exec(text);
  const offset = Number(match?.[2]) * 60 + Number(match?.[3] ?? 0);
  if (match === null || offset > 18 * 60) return null;
  return match[1] === '-' ? 0 - offset : offset;
}
