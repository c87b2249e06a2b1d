// Between a source and a reader that may be slow: bounded. A source that can wait is asked to when a
// fifth is full; what does not fit all the same is dropped and told as a gap with its count, at the
// place where it is missing.

import type { Change } from '../model/change.ts';

export class ChangeQueue {
  readonly #most: number;
  readonly #reason: string;
  #changes: Change[] = [];
  #dropped = 0;
  #whenNew: () => void = () => {};
  #whenTaken: (() => void)[] = [];

  constructor(most: number, reason: string) {
    this.#most = most;
    this.#reason = reason;
  }

  push(changes: readonly Change[]): void {
    const room = this.#dropped > 0 ? 0 : Math.max(0, this.#most - this.#changes.length);
    const fitting = changes.length <= room ? changes : changes.slice(0, room);
    if (this.#changes.length === 0) this.#changes = fitting.slice();
    else for (const change of fitting) this.#changes.push(change);
    this.#dropped += changes.length - fitting.length;
    this.#whenNew();
  }

  /** All that is there, a gap at the end where something had to be dropped. */
  take(): Change[] {
    const taken = this.#changes;
    this.#changes = [];
    for (const goOn of this.#whenTaken.splice(0)) goOn();
    if (this.#dropped > 0) {
      const [missed, reason] = [this.#dropped, this.#reason];
      taken.push({ kind: 'Gap', time: Date.now(), missed, reason, source: 'Inferred' });
      this.#dropped = 0;
    }
    return taken;
  }

  /** Resolves when there is room for a good deal more; undefined where there is now. */
  ready(): Promise<void> | undefined {
    if (this.#changes.length < this.#most / 5) return undefined;
    return new Promise<void>((resolve) => {
      this.#whenTaken.push(resolve);
    });
  }

  /** Resolves when there may be something to take, by wake(), or after so many milliseconds. */
  async wait(milliseconds: number): Promise<void> {
    if (this.#changes.length > 0 || this.#dropped > 0) return;
    await new Promise<void>((resolve) => {
      const isEndless = milliseconds === Number.POSITIVE_INFINITY;
      const least = Math.min(milliseconds, 2 ** 31 - 1);
      const timer = isEndless ? undefined : setTimeout(resolve, least);
      this.#whenNew = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#whenNew = () => {};
  }

  wake(): void {
    this.#whenNew();
  }
}
