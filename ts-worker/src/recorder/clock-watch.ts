// Notices that the clock was set or that the machine slept, for the status lines of the logs.

import type { ClockNote } from '../time/boot-clock.ts';

export interface ClockWatch {
  /** What happened since the last call. */
  check(): readonly ClockNote[];
}

/** Less than this many milliseconds is how a clock is steered, not set. */
const jump = 250;

/** Milliseconds: one who looks every quarter of a second was asleep for so long. */
const sleep = 10_000;

/** By the clock on the wall against one that never jumps, and by how late somebody looks who should
 * look all the time: where the system itself does not tell a sleep from a clock that was set. */
export class WallWatch implements ClockWatch {
  readonly #wall: () => number;
  readonly #elapsed: () => number;
  #ahead: number;
  #lookedAt: number;

  constructor(wall = Date.now, elapsed = () => performance.now()) {
    this.#wall = wall;
    this.#elapsed = elapsed;
    this.#lookedAt = elapsed();
    this.#ahead = wall() - this.#lookedAt;
  }

  check(): readonly ClockNote[] {
    const now = this.#elapsed();
    const late = now - this.#lookedAt;
    const by = this.#wall() - now - this.#ahead;
    this.#lookedAt = now;
    this.#ahead += by;
    const notes: ClockNote[] = late > sleep ? [{ kind: 'Suspended', by: late }] : [];
    return Math.abs(by) > jump ? [...notes, { kind: 'ClockSet', by }] : notes;
  }
}

/** As a status line has it: the count says how far, the words whereto. */
export function clockStatus({ kind, by }: ClockNote): { count: number; reason: string } {
  const count = Math.round(Math.abs(by));
  if (kind === 'Suspended') return { count, reason: 'milliseconds the machine was suspended' };
  return { count, reason: `milliseconds the clock was set ${by < 0 ? 'back' : 'ahead'}` };
}
