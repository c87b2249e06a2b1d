// All endpoints of the model: by the kernel's cookie, and those that are over by their ends, too.

import type { Endpoint } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import type { Entry } from './entry.ts';
import { OverConnections } from './over-connections.ts';
import { TimeWaits } from './time-waits.ts';

export class EntryTable {
  readonly #busy = new Map<number, Entry>();
  readonly #over = new OverConnections();
  /** Those that are nowhere else. */
  readonly timeWaits = new TimeWaits();

  get size(): number {
    return this.#busy.size + this.timeWaits.size;
  }

  get(cookie: number): Entry | undefined {
    return this.#busy.get(cookie) ?? this.#wake(cookie);
  }

  has(cookie: number): boolean {
    return this.#busy.has(cookie) || this.timeWaits.has(cookie);
  }

  add(entry: Entry): void {
    this.#busy.set(entry.cookie, entry);
  }

  delete(entry: Entry): void {
    this.#busy.delete(entry.cookie);
    this.setGoingOn(entry);
  }

  /** Another connection may take its place. */
  setOver(entry: Entry): void {
    this.#over.add(entry);
  }

  /** Not any more; to be called before it gets other ends. */
  setGoingOn(entry: Entry): void {
    if (entry.isOver) this.#over.remove(entry);
  }

  /** Takes one out that is over and has the same ends. */
  takeOver(endpoint: Endpoint): Entry | null {
    const entry = this.#over.find(endpoint);
    if (entry === null) return this.timeWaits.takeLike(endpoint);
    this.delete(entry);
    return entry;
  }

  /** Nothing more is expected to happen to one that is in TIME_WAIT. What is done to the entry from now
   * on, nobody will see. */
  lay(entry: Entry): void {
    if (entry.endpoint.state !== 'TimeWait' || entry.waiting !== null) return;
    this.delete(entry);
    this.timeWaits.add(entry);
  }

  /** Puts other facts in the place of all owners. */
  moveOwners(moved: (ownership: Ownership) => Ownership): void {
    for (const entry of this.#busy.values()) entry.ownership = moved(entry.ownership);
    this.timeWaits.moveOwners(moved);
  }

  *values(): Generator<Entry> {
    yield* this.#busy.values();
    yield* this.timeWaits;
  }

  /** Takes out those that are over, of those that a reading of the tables does not show and to which
   * nothing happened since a moment: another one for what is in TIME_WAIT than for all else. */
  takeUnseen(
    reading: number,
    moments: { readonly busy: number; readonly timeWaits: number },
    isOver: (entry: Entry) => boolean,
  ): Entry[] {
    const isAbsent = ({ seenIn, changedAt }: Entry) =>
      seenIn !== reading && changedAt < moments.busy;
    const gone = [...this.#busy.values()].filter((entry) => isAbsent(entry) && isOver(entry));
    for (const entry of gone) this.delete(entry);
    return [...gone, ...this.timeWaits.takeUnseen(reading, moments.timeWaits, isOver)];
  }

  #wake(cookie: number): Entry | undefined {
    const entry = this.timeWaits.take(cookie);
    if (entry === null) return undefined;
    this.add(entry);
    this.setOver(entry);
    return entry;
  }
}
