// What waits to be written: changes and status lines in the order in which they were told. It is
// bounded, since the disk may be full for hours. What does not fit is counted, and becomes a gap at
// the place where it is missing.

import type { Change, EndpointChange, ProcessExit } from '../../model/change.ts';
import { type Status, utcText } from '../format/status-line.ts';

export type BacklogItem = EndpointChange | ProcessExit | Status;

export const isStatus = (item: BacklogItem): item is Status => !('ownership' in item);

const toItem = (change: Change): BacklogItem =>
  change.kind === 'Gap'
    ? { time: change.time, kind: 'Gap', count: change.missed, reason: change.reason }
    : change;

export class Backlog {
  readonly #most: number;
  #items: BacklogItem[] = [];
  #taken = 0;
  /** True from the first that did not fit until all before it are taken. */
  #isDropping = false;
  #missed = 0;
  #since = 0;
  #reason = '';
  /** Those who wait until there is room. */
  #whenRoom: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#items.length - this.#taken;
  }

  /** Changes that had to be dropped and are not told as a gap yet. */
  get missed(): number {
    return this.#missed;
  }

  /** `reason`: why it may be full, and `now`, for the gap. */
  push(changes: readonly Change[], now: number, reason: string): void {
    for (const change of changes) {
      if (!this.#isDropping && this.length < this.#most) this.#items.push(toItem(change));
      else this.#drop(change, now, reason);
    }
  }

  /** Resolves when it is no more than half full, or by release(). */
  async hasRoom(): Promise<void> {
    if (this.length <= this.#most / 2) return;
    await new Promise<void>((resolve) => this.#whenRoom.push(resolve));
  }

  release(): void {
    for (const resolve of this.#whenRoom.splice(0)) resolve();
  }

  /** Status lines are few: they always fit. */
  note(status: Status): void {
    this.#items.push(status);
  }

  #drop(change: Change, now: number, reason: string): void {
    if (!this.#isDropping) [this.#isDropping, this.#since, this.#reason] = [true, now, reason];
    if (change.kind === 'Gap') this.#missed += change.missed ?? 1;
    else if (change.kind !== 'ProcessExited') this.#missed += 1;
  }

  /** The next items, at most so many. */
  take(most: number): BacklogItem[] {
    const taken = this.#items.slice(this.#taken, this.#taken + most);
    this.#taken += taken.length;
    if (this.#taken === this.#items.length) [this.#items, this.#taken] = [[], 0];
    if (this.length <= this.#most / 2) this.release();
    return taken;
  }

  /** The gap behind what was taken last: null while something waits, or where nothing is
   * missing. */
  takeGap(now: number): Status | null {
    if (!this.#isDropping || this.length > 0) return null;
    const count = this.#missed;
    [this.#isDropping, this.#missed] = [false, 0];
    const reason = `${this.#reason}, since ${utcText(this.#since)}`;
    return count === 0 ? null : { time: now, kind: 'Gap', count, reason };
  }
}
