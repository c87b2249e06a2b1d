// Between a source of changes and the answer: what was asked for waits in a queue, and the ends of the
// watched processes are noticed.

import { ChangeQueue } from '../activity/change-queue.ts';
import type { ActivityListener } from '../activity/source.ts';
import type { Change } from '../model/change.ts';
import type { ChangeTest } from '../model/filter/change.ts';
import { isSameProcess, type ProcessFacts } from '../model/process.ts';

/** Changes that wait for a slow reader: some 50 MB at the most. */
const mostWaiting = 100_000;
/** Milliseconds after the end of the last watched process in which its sockets are closed. */
const afterlife = 250;

interface Wanted {
  readonly passes: ChangeTest;
  readonly includeOwn: boolean;
}

/** Feeds a queue from a source: what is asked for, and nothing that we do ourselves. */
export class Feed implements ActivityListener {
  readonly queue = new ChangeQueue(mostWaiting, 'the reader of the pipeline was too slow');
  readonly notes: string[] = [];
  readonly #request: Wanted;
  /** The watched processes that were not told to have ended, by pid. */
  readonly #alive: Map<number, ProcessFacts>;
  failure: unknown = null;
  /** When all is told of the watched processes; never while one lives or none is watched. */
  over = Number.POSITIVE_INFINITY;

  constructor(request: Wanted, alive: Map<number, ProcessFacts>) {
    this.#request = request;
    this.#alive = alive;
  }

  ready(): Promise<void> | undefined {
    return this.queue.ready();
  }

  changes(changes: readonly Change[]): void {
    this.queue.push(changes.filter(this.isWanted));
    for (const change of changes) if (change.kind === 'ProcessExited') this.#exited(change);
  }

  /** The watched processes that are not among these any more: they ended before the source could see
   * them alive, and it will say nothing of them. */
  foundAlive(now: ReadonlyMap<number, ProcessFacts>): void {
    const gone = [...this.#alive.values()].filter(
      (was) => !isSameProcess(was, now.get(was.pid) ?? null),
    );
    const time = Date.now();
    this.changes(
      gone.map((owner) => ({
        kind: 'ProcessExited',
        time,
        ownership: { owner, sharedWith: null, attribution: 'Table' },
        source: 'Inferred',
      })),
    );
  }

  note(note: string): void {
    this.notes.push(note);
    this.queue.wake();
  }

  failed(error: unknown): void {
    this.failure = error;
    this.queue.wake();
  }

  /** A gap goes out whatever was asked for: nothing is missed in silence. (Made once: what V8 compiled
   * for it is forgotten with the last of it.) */
  readonly isWanted = (change: Change): boolean => {
    if (change.kind === 'Gap') return true;
    const { includeOwn, passes } = this.#request;
    const owner = 'ownership' in change ? change.ownership.owner : null;
    return (includeOwn || owner?.pid !== process.pid) && passes(change);
  };

  #exited({ ownership }: Extract<Change, { kind: 'ProcessExited' }>): void {
    const watched = ownership.owner !== null && this.#alive.delete(ownership.owner.pid);
    if (watched && this.#alive.size === 0) this.over = performance.now() + afterlife;
    this.queue.wake();
  }
}
