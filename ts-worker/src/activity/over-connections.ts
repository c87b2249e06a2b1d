// Connections that are over or on their way out, though the kernel may keep an end of them for a while:
// a new one may take their place. They are found by a number, as numbers are found quicker than texts,
// and then by their ends. Those with the same number hang on one another.

import { type Endpoint, hasSameEnds, portsOf } from '../model/endpoint.ts';
import type { Entry } from './entry.ts';

export const isSameConnection = (a: Endpoint, b: Endpoint): boolean =>
  hasSameEnds(a, b) && a.namespace === b.namespace;

const lastLetter = (address: string | null): number =>
  address === null ? 0 : address.charCodeAt(address.length - 1);

/** Many clients use the same ports: the ends of their addresses tell most of them apart, so that hardly
 * ever one is looked at in vain. */
export function numberOfEnds(endpoint: Endpoint): number {
  const letters = lastLetter(endpoint.localAddress) * 128 + lastLetter(endpoint.remoteAddress);
  return portsOf(endpoint) ^ Math.imul(letters, 0x9e37_79b1);
}

export class OverConnections {
  readonly #first = new Map<number, Entry>();

  add(entry: Entry): void {
    if (entry.isOver) return;
    const number = numberOfEnds(entry.endpoint);
    entry.isOver = true;
    entry.nextOver = this.#first.get(number) ?? null;
    this.#first.set(number, entry);
  }

  remove(entry: Entry): void {
    const number = numberOfEnds(entry.endpoint);
    const { nextOver } = entry;
    entry.isOver = false;
    entry.nextOver = null;
    let before = this.#first.get(number) ?? null;
    if (before !== entry) {
      while (before !== null && before.nextOver !== entry) before = before.nextOver;
      if (before !== null) before.nextOver = nextOver;
    } else if (nextOver === null) this.#first.delete(number);
    else this.#first.set(number, nextOver);
  }

  /** One with the same ends. */
  find(endpoint: Endpoint): Entry | null {
    let entry = this.#first.get(numberOfEnds(endpoint)) ?? null;
    while (entry !== null && !isSameConnection(entry.endpoint, endpoint)) entry = entry.nextOver;
    return entry;
  }
}
