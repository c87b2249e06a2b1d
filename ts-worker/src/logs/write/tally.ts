// What was written since the start, in figures, and the heartbeat, which tells them now and then.

import type { Status } from '../format/status-line.ts';

const interval = 5 * 60_000;

export class Tally {
  records = 0;
  gaps = 0;
  missed = 0;
  #beatAt: number;
  #recordsAtBeat = 0;

  /** `elapsed`: now. */
  constructor(elapsed: number) {
    this.#beatAt = elapsed;
  }

  count({ kind, count }: Status): void {
    if (kind !== 'Gap') return;
    this.gaps += 1;
    this.missed += count ?? 0;
  }

  /** Null where the last one is not old enough. */
  beat(elapsed: number, time: number): Status | null {
    if (elapsed - this.#beatAt < interval) return null;
    const count = this.records - this.#recordsAtBeat;
    [this.#beatAt, this.#recordsAtBeat] = [elapsed, this.records];
    return { time, kind: 'Heartbeat', count, reason: 'records since the last one' };
  }
}
