// One clock for everything that is told: kernel time (since boot, suspended time included) to time of
// day. It notices when the clock was set and when the machine slept, and is right after either.

import { bootTime, monotonicTime, realTime } from '../../../native/linux/libc.ts';

/** Less than this many milliseconds is how a clock is steered, not set. */
const jump = 250;

export interface ClockNote {
  readonly kind: 'ClockSet' | 'Suspended';
  /** Milliseconds; a clock that was set back has a negative one. */
  readonly by: number;
}

export interface Clocks {
  real(): number;
  boot(): number;
  monotonic(): number;
}

const systemClocks: Clocks = { real: realTime, boot: bootTime, monotonic: monotonicTime };

export class BootClock {
  readonly #clocks: Clocks;
  #bootMoment: number;
  #asleep: number;

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks;
    this.#bootMoment = this.#measure();
    this.#asleep = clocks.boot() - clocks.monotonic();
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
    const asleep = this.#clocks.boot() - this.#clocks.monotonic();
    if (asleep - this.#asleep > jump) notes.push({ kind: 'Suspended', by: asleep - this.#asleep });
    this.#asleep = asleep;
    const moment = this.#measure();
    const by = moment - this.#bootMoment;
    if (Math.abs(by) > jump) notes.push({ kind: 'ClockSet', by });
    this.#bootMoment = moment;
    return notes;
  }

  #measure(): number {
    const before = this.#clocks.real();
    const boot = this.#clocks.boot();
    return (before + this.#clocks.real()) / 2 - boot;
  }
}
