// What is open, as far as it was recorded: begun by a snapshot and kept up by the very changes that
// are written, in the same order. So a PR-INITIAL made of it and the records behind it always fit
// together. Whoever rebuilds a past moment from the logs feeds it with what they say, and comes to
// the same.
//
// A change does not name the socket, so the endpoint is found by its ends. Several sockets can have
// the same (SO_REUSEPORT): the one of the same owner and state is meant. Those that are alike in
// all this are as good as each other.

import type { EndpointChange } from '../../model/change.ts';
import type { Endpoint, State } from '../../model/endpoint.ts';
import { isSameProcess, type Ownership, type ProcessFacts } from '../../model/process.ts';
import { type OpenEndpoint, type ProcessEndpoints, Processes } from './process-endpoints.ts';

/** What of a change matters here: a record of a log has no more. */
export type AppliedChange = Pick<
  EndpointChange,
  'kind' | 'time' | 'endpoint' | 'ownership' | 'previousState' | 'previousOwner'
>;

export interface OwnedRow {
  readonly endpoint: Endpoint;
  readonly ownership: Ownership;
}

const keyOf = (endpoint: Endpoint, localAddress: string, remote: string): string =>
  `${endpoint.protocol} ${endpoint.namespace} ${localAddress} ${endpoint.localPort} ${remote}`;

function fullKey(endpoint: Endpoint): string {
  const { localAddress, remoteAddress, remotePort } = endpoint;
  return keyOf(
    endpoint,
    localAddress,
    remoteAddress === null ? '' : `${remoteAddress} ${remotePort}`,
  );
}

/** Where a socket stood before it was connected: on its address, or on any. */
const unconnectedKeys = (endpoint: Endpoint): readonly string[] =>
  [endpoint.localAddress, endpoint.family === 'IPv4' ? '0.0.0.0' : '::'].map((address) =>
    keyOf(endpoint, address, ''),
  );

/** A socket that was disconnected is looked for among so many of its process. */
const mostSearched = 1000;

/** How well a row fits to what a change says was there before. */
function fitness(row: OpenEndpoint, owner: ProcessFacts | null, state: State | null): number {
  return (
    (isSameProcess(row.ownership.owner, owner) ? 2 : 0) + (row.endpoint.state === state ? 1 : 0)
  );
}

const isPerfect = (row: OpenEndpoint | null, owner: ProcessFacts | null, state: State | null) =>
  row !== null && fitness(row, owner, state) === 3;

const isConnection = ({ protocol, remoteAddress }: Endpoint): boolean =>
  protocol === 'TCP' && remoteAddress !== null;

export class OpenEndpoints {
  readonly #byEnds = new Map<string, OpenEndpoint[]>();
  #processes = new Processes();
  #knownUntil = Number.NEGATIVE_INFINITY;

  /** `until`: changes up to that moment may be in these rows already. */
  begin(rows: readonly OwnedRow[], until: number): void {
    this.#byEnds.clear();
    this.#processes = new Processes();
    this.#knownUntil = until;
    for (const row of rows) this.#add(row);
  }

  /** Gives the row as it is now; one that has disappeared is in no process any more. */
  apply(change: AppliedChange): OpenEndpoint {
    const { kind, endpoint, ownership } = change;
    const row = this.#find(change);
    if (row === null) return kind === 'Disappeared' ? this.#rowOf(change) : this.#add(change);
    this.#remove(row);
    if (kind !== 'Disappeared') return this.#add({ endpoint, ownership }, row);
    return Object.assign(row, { endpoint, ownership });
  }

  exited(owner: ProcessFacts): void {
    this.#processes.exited(owner);
  }

  /** How many are open. */
  get size(): number {
    return this.#processes.size;
  }

  /** Processes with something open, by pid, what nobody owns last. */
  processes(): ProcessEndpoints[] {
    return this.#processes.open();
  }

  #rowOf({ endpoint, ownership }: OwnedRow): OpenEndpoint {
    return { endpoint, ownership, process: this.#processes.of(ownership.owner) };
  }

  /** The same object for the same endpoint. */
  #add(what: OwnedRow, reused?: OpenEndpoint): OpenEndpoint {
    const row = Object.assign(reused ?? {}, this.#rowOf(what));
    const key = fullKey(row.endpoint);
    const there = this.#byEnds.get(key);
    if (there === undefined) this.#byEnds.set(key, [row]);
    else there.push(row);
    this.#processes.add(row);
    return row;
  }

  #remove(row: OpenEndpoint): void {
    const key = fullKey(row.endpoint);
    const there = this.#byEnds.get(key) ?? [];
    if (there.length > 1) there.splice(there.indexOf(row), 1);
    else this.#byEnds.delete(key);
    this.#processes.remove(row);
  }

  /** The row that a change is about; null where there is none yet. */
  #find(change: AppliedChange): OpenEndpoint | null {
    const { kind, endpoint, ownership, previousState, previousOwner } = change;
    const there = this.#byEnds.get(fullKey(endpoint)) ?? [];
    if (kind === 'Appeared') return this.#findKnown(change, there);
    const owner = kind === 'Reattributed' ? previousOwner : ownership.owner;
    const state = kind === 'Changed' ? previousState : endpoint.state;
    const best = bestOf(there, owner, state);
    const isSure = kind !== 'Changed' || isConnection(endpoint) || isPerfect(best, owner, state);
    if (best !== null && isSure) return best;
    return kind === 'Changed' ? (this.#findMoved(endpoint, owner, state) ?? best) : null;
  }

  /** A connection exists once. Of others there may be several alike, but what the snapshot has
   * already seen does not count twice. */
  #findKnown({ endpoint, ownership, time }: AppliedChange, there: readonly OpenEndpoint[]) {
    if (isConnection(endpoint)) return there[0] ?? null;
    if (time > this.#knownUntil) return null;
    const best = bestOf(there, ownership.owner, endpoint.state);
    return isPerfect(best, ownership.owner, endpoint.state) ? best : null;
  }

  /** A socket whose ends have changed: it was connected, or a UDP socket let go of its peer. */
  #findMoved(endpoint: Endpoint, owner: ProcessFacts | null, state: State | null) {
    const fits = (row: OpenEndpoint) => isPerfect(row, owner, state);
    for (const key of unconnectedKeys(endpoint)) {
      const found = this.#byEnds.get(key)?.find(fits);
      if (found !== undefined) return found;
    }
    let searched = 0;
    for (const row of this.#processes.of(owner).rows) {
      if (isSameSocket(row.endpoint, endpoint) && fits(row)) return row;
      if (++searched >= mostSearched) break;
    }
    return null;
  }
}

const isSameSocket = (a: Endpoint, b: Endpoint): boolean =>
  a.protocol === b.protocol &&
  a.family === b.family &&
  a.namespace === b.namespace &&
  a.localPort === b.localPort;

function bestOf(
  rows: readonly OpenEndpoint[],
  owner: ProcessFacts | null,
  state: State | null,
): OpenEndpoint | null {
  let best: OpenEndpoint | null = null;
  let most = -1;
  for (const row of rows) {
    const fit = fitness(row, owner, state);
    if (fit > most) [best, most] = [row, fit];
  }
  return best;
}
