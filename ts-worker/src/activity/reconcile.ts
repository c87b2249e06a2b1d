// Holds the model against the tables. What changed while a table was being read is left to the
// events; what the tables know and the model does not is a change that no event told: inferred.

import type { OpenSocket } from '../endpoints/source.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { isSameProcess, type Ownership } from '../model/process.ts';
import type { OwnedEndpoint } from '../snapshot/snapshot.ts';
import type { EndpointModel, Entry } from './endpoint-model.ts';

/** A reading of the tables, and between which moments it was made, in milliseconds since boot. */
export interface Reading {
  readonly rows: readonly OwnedEndpoint[];
  readonly start: number;
  readonly end: number;
}

function toEndpoint(socket: OpenSocket): Endpoint {
  const { protocol, family, localAddress, localPort, remoteAddress, remotePort } = socket;
  const { state, namespace } = socket;
  return { protocol, family, localAddress, localPort, remoteAddress, remotePort, state, namespace };
}

const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.state === b.state &&
  a.localPort === b.localPort &&
  a.remotePort === b.remotePort &&
  a.localAddress === b.localAddress &&
  a.remoteAddress === b.remoteAddress;

export class Reconciler {
  readonly #model: EndpointModel;

  constructor(model: EndpointModel) {
    this.#model = model;
  }

  /** The first reading fills the model; nothing of it is a change. */
  begin(reading: Reading): void {
    for (const { endpoint, ownership } of reading.rows) {
      if (endpoint.cookie === null || this.#model.entries.has(endpoint.cookie)) continue;
      this.#model.add(endpoint.cookie, toEndpoint(endpoint), ownership, reading.start);
    }
  }

  /** `time`: milliseconds since the epoch that inferred changes get. */
  compare(reading: Reading, time: number): void {
    const seen = new Set<number>();
    for (const row of reading.rows) {
      const { cookie } = row.endpoint;
      if (cookie === null) continue; // half-open: it appears when its handshake ends
      seen.add(cookie);
      this.#compareRow(cookie, row, reading, time);
    }
    for (const entry of this.#model.entries.values()) {
      const isGone = !seen.has(entry.cookie) && entry.changedAt < reading.start;
      if (isGone) this.#gone(entry, reading, time);
    }
    this.#model.forgetEnded(reading.start);
  }

  #compareRow(cookie: number, row: OwnedEndpoint, reading: Reading, time: number): void {
    const entry = this.#model.entries.get(cookie);
    const endpoint = toEndpoint(row.endpoint);
    if (entry === undefined) {
      if ((this.#model.ended.get(cookie) ?? 0) < reading.start) {
        this.#found(cookie, endpoint, row.ownership, reading, time);
      }
      return;
    }
    if (entry.changedAt >= reading.start) return; // the events know better
    if (entry.waiting !== null) this.#model.settlePorts(entry, endpoint);
    if (!sameEndpoint(entry.endpoint, endpoint)) {
      const previousState = entry.endpoint.state;
      entry.endpoint = endpoint;
      entry.changedAt = reading.end;
      this.#model.tellInferred(entry, 'Changed', time, previousState);
    }
    this.#compareOwner(entry, row.ownership, time);
  }

  #found(cookie: number, endpoint: Endpoint, ownership: Ownership, reading: Reading, time: number) {
    const maker = this.#model.makerOf(cookie);
    const owned = ownership.owner === null && maker !== null ? maker : ownership;
    const entry = this.#model.add(cookie, endpoint, owned, reading.end);
    this.#model.tellInferred(entry, 'Appeared', time);
  }

  /** What no process holds any more (TIME_WAIT, orphans) keeps the owner it had. */
  #compareOwner(entry: Entry, ownership: Ownership, time: number): void {
    if (ownership.owner === null) return;
    if (isSameProcess(entry.ownership.owner, ownership.owner)) return;
    this.#model.reattribute(entry, ownership, time, 'Inferred');
  }

  #gone(entry: Entry, reading: Reading, time: number): void {
    if (entry.waiting !== null) this.#model.settlePorts(entry, entry.endpoint);
    this.#model.tellInferred(entry, 'Disappeared', time);
    this.#model.remove(entry, reading.end);
  }
}
