// What the model knows of an endpoint.

import type { EndpointChange } from '../model/change.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import type { Listener } from './listeners.ts';

export interface Entry extends Listener {
  readonly cookie: number;
  endpoint: Endpoint;
  ownership: Ownership;
  /** Milliseconds since boot of the last change. */
  changedAt: number;
  /** What waits for the port; null once that is known. */
  waiting: EndpointChange[] | null;
  /** Whether it is on its way out: another connection may take its place, and then it is gone. */
  isOver: boolean;
  /** The number of the last reading of the tables that it was seen in. */
  seenIn: number;
  /** The next of those that are over and have the same ports. */
  nextOver: Entry | null;
}

export const entryOf = (
  cookie: number,
  endpoint: Endpoint,
  ownership: Ownership,
  changedAt: number,
): Entry => ({
  cookie,
  endpoint,
  ownership,
  changedAt,
  waiting: null,
  isOver: false,
  seenIn: 0,
  nextOver: null,
});
