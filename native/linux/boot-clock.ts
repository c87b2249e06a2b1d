// When this machine booted, so that a start time in ticks since boot becomes a time of day.

import { bootTime, realTime } from './libc.ts';

/** Clock ticks a second in /proc (USER_HZ): 100 on every architecture supported here. */
const ticksPerSecond = 100;
const tick = 1000 / ticksPerSecond;

/** Milliseconds: who read two clocks so quickly was not held up between them. */
const quick = 0.01;

/** How far `clock` is ahead of `steady`, in milliseconds: both read together, the first quick one of a
 * few tries, since we may be held up between the two for as long as a busy machine likes. */
export function aheadOf(steady: () => number, clock: () => number): number {
  let best = { took: Number.POSITIVE_INFINITY, ahead: 0 };
  for (let i = 0; i < 5; i++) {
    const before = steady();
    const time = clock();
    const took = steady() - before;
    if (took < best.took) best = { took, ahead: time - (before + took / 2) };
    if (took < quick) break;
  }
  return best.ahead;
}

let told = Number.NaN;

/** Milliseconds since the epoch at boot, in whole ticks. What was told before is told again while the
 * clock is only steered, so that no process seems to start anew. */
export function readBootMoment(): number {
  const moment = Math.round(aheadOf(bootTime, realTime) / tick) * tick;
  if (!(Math.abs(moment - told) <= 2 * tick)) told = moment;
  return told;
}

/** A start time of /proc/PID/stat as milliseconds since the epoch. */
export function startTimeOf(ticks: number, bootMoment: number): number {
  return bootMoment + ticks * tick;
}
