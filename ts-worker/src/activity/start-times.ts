// Start times of processes are times of day, and the kernel counts from boot. When the clock is set,
// all that we remember move with it; else every process would look like another one.

import type { Ownership, ProcessFacts } from '../model/process.ts';
import type { BootClock } from '../time/boot-clock.ts';

/** Milliseconds: start times that are off by less are the same (readBootMoment rounds to ticks). */
const sameBoot = 10;
/** Milliseconds: how often a look at the clock is worth its price. */
const lookEvery = 100;

export class ClockFollower {
  readonly #clock: BootClock;
  readonly #note: (text: string) => void;
  /** The moment of boot that the start times we remember go by. */
  #startsFrom: number;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: BootClock, note: (text: string) => void) {
    this.#clock = clock;
    this.#note = note;
    this.#startsFrom = clock.bootMoment;
  }

  /** Says what happened to the clock; gives by how much start times have to move, mostly 0. */
  follow(): number {
    const now = this.#clock.sinceBoot();
    if (now - this.#lookedAt < lookEvery) return 0;
    this.#lookedAt = now;
    for (const { kind, by } of this.#clock.check()) {
      const seconds = (by / 1000).toFixed(1);
      const what = kind === 'ClockSet' ? 'The clock was set by' : 'The machine was suspended for';
      this.#note(`${what} ${seconds} s.`);
    }
    const by = this.#clock.bootMoment - this.#startsFrom;
    if (Math.abs(by) < sameBoot) return 0;
    this.#startsFrom = this.#clock.bootMoment;
    return by;
  }
}

export function movedFacts(facts: ProcessFacts, by: number): ProcessFacts {
  return facts.startTime === null ? facts : { ...facts, startTime: facts.startTime + by };
}

/** Gives the same copy for the same object, so that many endpoints still share it. */
export function moverOf(by: number): (ownership: Ownership) => Ownership {
  const copies = new Map<Ownership, Ownership>();
  return (ownership) => {
    const { owner } = ownership;
    if (owner === null) return ownership;
    const copy = copies.get(ownership) ?? { ...ownership, owner: movedFacts(owner, by) };
    copies.set(ownership, copy);
    return copy;
  };
}
