// When new files are begun, and why: at the start, at midnight, when the offset from UTC changes
// (both by the clock on the wall), when a file is large (at most once a minute, so that no rate of
// changes makes a storm of files), and when the old files can't be trusted or were lost.

import { formatOffset, localDay, type Offset } from '../format/wall-time.ts';

/** What there is now. */
export interface RollState {
  /** When the files were begun, in milliseconds since the epoch. */
  readonly begun: number;
  readonly offset: Offset;
  /** Bytes of the largest file that counts. */
  readonly size: number;
  /** Milliseconds since they were begun, and since the last PR-INITIAL was. */
  readonly age: number;
  readonly initialAge: number;
}

export interface Roll {
  readonly reason: string;
  /** A new PR-INITIAL, too. */
  readonly withInitial: boolean;
}

const minute = 60_000;
const hour = 60 * minute;

const isSizeRollTooEarly = ({ age }: RollState): boolean => age < minute;

/** Null where the files may go on. */
export function rollDue(
  state: RollState,
  now: number,
  offset: Offset,
  maxSize: number,
): Roll | null {
  if (offset !== state.offset) {
    const change = `${formatOffset(state.offset)} to ${formatOffset(offset)}`;
    return { reason: `the offset from UTC went from ${change}`, withInitial: true };
  }
  if (localDay(now, offset) !== localDay(state.begun, offset)) {
    const reason = now < state.begun ? 'the clock went back to another day' : 'midnight';
    return { reason, withInitial: true };
  }
  if (state.size < maxSize || isSizeRollTooEarly(state)) return null;
  const reason = `size: ${state.size} bytes of ${maxSize}`;
  return { reason, withInitial: state.initialAge >= hour };
}

/** True where a file has passed its size and may not be followed by another yet. */
export const isOverSize = (state: RollState, maxSize: number): boolean =>
  state.size >= maxSize && isSizeRollTooEarly(state);
