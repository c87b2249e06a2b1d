// One clock for everything that is told: kernel time (since boot, suspended time included) to time of
// day. It notices when the clock was set and when the machine slept, and is right after either.

import { aheadOf } from '../../../native/linux/boot-clock.ts';
import { bootTime, monotonicTime, realTime } from '../../../native/linux/libc.ts';

/** Less than this many milliseconds is how a clock is steered, not set. */
const jump = 250;
/** Milliseconds by which two readings of clocks that go alike may differ: to follow that would make what
 * happened at once seem to happen in another order. */
const noise = 0.1;

export interface ClockNote {
  readonly kind: 'ClockSet' | 'Suspended';
  /** Milliseconds; a clock that was set back has a negative one. */
  readonly by: number;
}

export interface Clocks {
  readonly real: () => number;
  readonly boot: () => number;
  readonly monotonic: () => number;
}

const systemClocks: Clocks = { real: realTime, boot: bootTime, monotonic: monotonicTime };

export class BootClock {
  readonly #clocks: Clocks;
  #bootMoment: number;
  #asleep: number;

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks;
    this.#bootMoment = this.#measure();
    this.#asleep = this.#measureSleep();
  }

  /** Milliseconds since the epoch at boot, as the clock stands now. */
  get bootMoment(): number {
    return this.#bootMoment;
  }

  sinceBoot(): number {
    return this.#clocks.boot();
  }

  now(): number {
    return this.#bootMoment + this.#clocks.boot();
  }

  /** To be called now and then: follows the clock, and tells what happened to it. */
  check(): ClockNote[] {
    const notes: ClockNote[] = [];
    const asleep = this.#measureSleep();
    if (asleep - this.#asleep > jump) notes.push({ kind: 'Suspended', by: asleep - this.#asleep });
    this.#asleep = asleep;
    const moment = this.#measure();
    const by = moment - this.#bootMoment;
    if (Math.abs(by) > jump) notes.push({ kind: 'ClockSet', by });
    if (Math.abs(by) > noise) this.#bootMoment = moment;
    return notes;
  }

  #measure(): number {
    return aheadOf(this.#clocks.boot, this.#clocks.real);
  }

  /** The monotonic clock stands while the machine sleeps, the one since boot does not. */
  #measureSleep(): number {
    return -aheadOf(this.#clocks.boot, this.#clocks.monotonic);
  }
}
