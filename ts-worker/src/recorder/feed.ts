// What one source tells, on its way to the recorder. It passes nothing on before the source is the
// current one, and nothing any more when it was replaced: two sources would tell everything twice.

import type { ActivityListener } from '../activity/source.ts';
import type { Change } from '../model/change.ts';
import { isOwnChange } from './own.ts';

export interface FeedTarget {
  ready(): Promise<void>;
  accept(changes: readonly Change[]): void;
  say(text: string): void;
}

export class Feed implements ActivityListener {
  readonly #target: FeedTarget;
  readonly #failed: (error: unknown) => void;
  #early: Change[] | null = [];
  #isClosed = false;

  constructor(target: FeedTarget, failed: (error: unknown) => void) {
    this.#target = target;
    this.#failed = failed;
  }

  /** From now on its source is the one that counts. */
  open(): void {
    const early = this.#early ?? [];
    this.#early = null;
    if (early.length > 0) this.#target.accept(early);
  }

  close(): void {
    this.#isClosed = true;
  }

  ready(): Promise<void> {
    return this.#target.ready();
  }

  changes(changes: readonly Change[]): void {
    if (this.#isClosed) return;
    const others = changes.filter((change) => !isOwnChange(change));
    if (this.#early !== null) this.#early.push(...others);
    else if (others.length > 0) this.#target.accept(others);
  }

  note(text: string): void {
    if (!this.#isClosed) this.#target.say(text);
  }

  failed(error: unknown): void {
    if (!this.#isClosed) this.#failed(error);
  }
}
