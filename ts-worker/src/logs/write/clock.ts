// The clocks that a log needs: what time it is, how far the zone is from UTC, and how much time
// went by whatever happened to the clock. Tests bring their own.

import type { Offset } from '../format/wall-time.ts';

export interface LogClock {
  /** Milliseconds since the epoch, with microseconds where the system has them. */
  now(): number;
  /** Milliseconds since some moment; never jumps. */
  elapsed(): number;
  offsetAt(moment: number): Offset;
}

export const systemClock: LogClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  offsetAt: (moment) => 0 - new Date(moment).getTimezoneOffset(),
};
