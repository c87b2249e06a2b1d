// Connections that are over or on their way out, though the kernel may keep an end of them for a while:
// a new one may take their place. They are found by their ports, as numbers are found quicker than
// texts, and then by the rest. Those with the same ports hang on one another: at 1,000 connections a
// second there are 60,000, and a set for each pair of ports would be most of what they take.

import { type Endpoint, hasSameEnds, portsOf } from '../model/endpoint.ts';
import type { Entry } from './endpoint-model.ts';

const isSame = (a: Endpoint, b: Endpoint): boolean =>
  hasSameEnds(a, b) && a.namespace === b.namespace;

export class OverConnections {
  readonly #first = new Map<number, Entry>();

  add(entry: Entry): void {
    if (entry.isOver) return;
    const ports = portsOf(entry.endpoint);
    entry.isOver = true;
    entry.nextOver = this.#first.get(ports) ?? null;
    this.#first.set(ports, entry);
  }

  remove(entry: Entry): void {
    const ports = portsOf(entry.endpoint);
    const { nextOver } = entry;
    entry.isOver = false;
    entry.nextOver = null;
    let before = this.#first.get(ports) ?? null;
    if (before !== entry) {
      while (before !== null && before.nextOver !== entry) before = before.nextOver;
      if (before !== null) before.nextOver = nextOver;
    } else if (nextOver === null) this.#first.delete(ports);
    else this.#first.set(ports, nextOver);
  }

  /** One with the same ends. */
  find(endpoint: Endpoint): Entry | null {
    let entry = this.#first.get(portsOf(endpoint)) ?? null;
    while (entry !== null && !isSame(entry.endpoint, endpoint)) entry = entry.nextOver;
    return entry;
  }
}
