// All endpoints of the model by the kernel's cookie. Those in TIME_WAIT lie apart: hardly an event
// speaks of them, and at 1,000 connections a second there are 60,000, among which the processor would
// search its memory for the few hundred that others speak of.

import type { Endpoint } from '../model/endpoint.ts';
import type { Entry } from './endpoint-model.ts';

const isIdle = ({ endpoint }: Entry): boolean => endpoint.state === 'TimeWait';

export class EntryTable {
  readonly #busy = new Map<number, Entry>();
  readonly #idle = new Map<number, Entry>();

  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  get(cookie: number): Entry | undefined {
    return this.#busy.get(cookie) ?? this.#idle.get(cookie);
  }

  has(cookie: number): boolean {
    return this.#busy.has(cookie) || this.#idle.has(cookie);
  }

  add(entry: Entry): void {
    (isIdle(entry) ? this.#idle : this.#busy).set(entry.cookie, entry);
  }

  /** Gives it other ends or another state. */
  change(entry: Entry, endpoint: Endpoint): void {
    const wasIdle = isIdle(entry);
    entry.endpoint = endpoint;
    if (isIdle(entry) === wasIdle) return;
    this.delete(entry);
    this.add(entry);
  }

  delete({ cookie }: Entry): void {
    if (!this.#busy.delete(cookie)) this.#idle.delete(cookie);
  }

  *values(): Generator<Entry> {
    yield* this.#busy.values();
    yield* this.#idle.values();
  }
}
