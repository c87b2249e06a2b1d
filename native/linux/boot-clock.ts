// When this machine booted, so that a start time in ticks since boot becomes a time of day.

import { bootTime, realTime } from './libc.ts';

/** Clock ticks a second in /proc (USER_HZ): 100 on every architecture supported here. */
const ticksPerSecond = 100;
const tick = 1000 / ticksPerSecond;

/** Milliseconds since the epoch at boot: the two clocks read together, the quickest of a few tries,
 * in whole ticks, so that every process that asks gets the same answer. */
export function readBootMoment(): number {
  let best = { gap: Number.POSITIVE_INFINITY, moment: 0 };
  for (let i = 0; i < 5; i++) {
    const before = realTime();
    const sinceBoot = bootTime();
    const gap = realTime() - before;
    if (gap < best.gap) best = { gap, moment: before + gap / 2 - sinceBoot };
  }
  return Math.round(best.moment / tick) * tick;
}

/** A start time of /proc/PID/stat as milliseconds since the epoch. */
export function startTimeOf(ticks: number, bootMoment: number): number {
  return bootMoment + ticks * tick;
}
