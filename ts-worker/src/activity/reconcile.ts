// Holds the model against the tables. What changed while a table was being read is left to the
// events; what the tables know and the model does not is a change that no event told: inferred.

import type { OpenSocket } from '../endpoints/source.ts';
import { type Endpoint, inState } from '../model/endpoint.ts';
import { isSameProcess, type Ownership } from '../model/process.ts';
import type { OwnedEndpoint, SnapshotRows } from '../snapshot/rows.ts';
import type { EndpointModel } from './endpoint-model.ts';
import type { Entry } from './entry.ts';

/** A reading of the tables, and between which moments it was made, in milliseconds since boot. */
export interface Reading {
  readonly rows: SnapshotRows;
  /** Network namespaces that could not be entered. */
  readonly closed: ReadonlySet<string>;
  /** Whether even there everything is shown that a process holds. */
  readonly showsAllHeld: boolean;
  /** Whether what is in TIME_WAIT is shown. */
  readonly showsTimeWaits: boolean;
  readonly start: number;
  readonly end: number;
}

/** Milliseconds. An event is told a moment before the tables show it: what happened so shortly before
 * a reading is left to the next one. */
export const settling = 20;

function toEndpoint(socket: OpenSocket): Endpoint {
  const { protocol, family, localAddress, localPort, remoteAddress, remotePort } = socket;
  const { state, namespace } = socket;
  return { protocol, family, localAddress, localPort, remoteAddress, remotePort, state, namespace };
}

/** Milliseconds: TCP_TIMEWAIT_LEN of include/net/tcp.h, 60 s, and what a timer of the kernel may be late
 * by then (kernel/time/timer.c); and longer than it tries to bring a connection to its end that its
 * process has left. */
const timeWait = 65_000;
const longestGoodbye = 600_000;

/** Whether an entry must be over that is not shown, `age` after its last change, where it might be hidden:
 * in a closed namespace what no process holds can't be seen, and TIME_WAIT may have been left out. */
function mustBeOver({ endpoint, ownership }: Entry, showsAllHeld: boolean, age: number): boolean {
  switch (endpoint.state) {
    case 'TimeWait':
      return age > timeWait;
    case 'Listen':
    case 'Bound':
      return showsAllHeld;
    case 'Established':
    case 'CloseWait': // else it may wait in the queue of its listener
      return showsAllHeld && ownership.owner !== null && ownership.attribution !== 'Listener';
    default:
      return age > longestGoodbye;
  }
}

/** Still in the queue of its listener. */
const isUnaccepted = ({ state }: Endpoint): boolean =>
  state === 'Established' || state === 'CloseWait';

export class Reconciler {
  readonly #model: EndpointModel;
  readonly #makerOf: (cookie: number) => Ownership | null;
  #readings = 0;

  /** `makerOf` tells who made a UDP socket that no event showed with its port. */
  constructor(model: EndpointModel, makerOf: (cookie: number) => Ownership | null) {
    this.#model = model;
    this.#makerOf = makerOf;
  }

  /** The first reading fills the model; nothing of it is a change. */
  begin(reading: Reading): void {
    const accepted: Entry[] = [];
    for (const { endpoint, ownership } of reading.rows) {
      const { cookie } = endpoint;
      if (cookie === null || this.#model.entries.has(cookie)) continue;
      const entry = this.#model.add(cookie, toEndpoint(endpoint), ownership, reading.start);
      if (ownership.owner === null && isUnaccepted(endpoint)) accepted.push(entry);
    }
    for (const entry of accepted) entry.ownership = this.#model.listenerOf(entry.endpoint);
  }

  /** `time`: milliseconds since the epoch that inferred changes get. Of what is as it was no object is
   * made: a busy machine has tens of thousands in TIME_WAIT. */
  compare(reading: Reading, time: number): void {
    const settled = reading.start - settling;
    const number = ++this.#readings;
    const endedAt = this.#model.ended.moments();
    for (const place of this.#notAsKnown(reading.rows, number)) {
      const cookie = reading.rows.sockets.cookie[place] ?? 0;
      const entry = this.#model.entries.get(cookie);
      if (entry !== undefined) {
        entry.seenIn = number;
        if (entry.changedAt < settled) this.#compareRow(entry, reading, place, time);
      } else if ((endedAt.get(cookie) ?? 0) < settled) {
        this.#found(cookie, reading.rows.row(place), reading.end, time);
      }
    }
    const isOver = (entry: Entry): boolean => this.#isOver(entry, reading);
    // No entry is made of what can't be over yet.
    const waited = reading.showsTimeWaits ? settled : reading.start - timeWait;
    const moments = { busy: settled, timeWaits: waited };
    for (const entry of this.#model.entries.takeUnseen(number, moments, isOver)) {
      this.#gone(entry, reading.end, time);
    }
    this.#model.ended.forget(settled);
  }

  /** The places of all but what is still in TIME_WAIT as it was, which is nearly everything on a busy
   * machine. Done apart, since V8 compiles it each time anew. */
  #notAsKnown({ places, sockets }: SnapshotRows, reading: number): number[] {
    const { timeWaits } = this.#model.entries;
    const others: number[] = [];
    for (let i = 0; i < places.length; i++) {
      const place = places[i] ?? 0;
      const cookie = sockets.cookie[place] ?? 0;
      if (cookie === 0) continue; // half-open: it appears when its handshake ends
      if (!timeWaits.isSeen(cookie, sockets, place, reading)) others.push(place);
    }
    return others;
  }

  #isOver(entry: Entry, { closed, showsAllHeld, showsTimeWaits, start }: Reading): boolean {
    const { namespace, state } = entry.endpoint;
    const isShown = namespace === null || !closed.has(namespace);
    if (isShown && (showsTimeWaits || state !== 'TimeWait')) return true;
    return mustBeOver(entry, showsAllHeld, start - entry.changedAt);
  }

  #compareRow(entry: Entry, { rows, end }: Reading, place: number, time: number): void {
    const { sockets } = rows;
    if (entry.waiting !== null) {
      this.#model.settlePort(entry, inState(sockets.at(place), entry.endpoint.state));
    }
    const previousState = entry.endpoint.state;
    if (!sockets.isLike(place, entry.endpoint)) {
      this.#model.place(entry, toEndpoint(sockets.at(place)));
      entry.changedAt = end;
      this.#model.tell(entry, 'Changed', time, { source: 'Inferred', previousState });
    }
    this.#compareOwner(entry, rows.ownershipAt(place), time);
    this.#model.entries.lay(entry);
  }

  #found(cookie: number, row: OwnedEndpoint, at: number, time: number): void {
    const endpoint = toEndpoint(row.endpoint);
    const owned = row.ownership.owner === null ? this.#guessOwner(cookie, row) : row.ownership;
    const entry = this.#model.add(cookie, endpoint, owned, at);
    this.#model.tell(entry, 'Appeared', time, { source: 'Inferred' });
  }

  #guessOwner(cookie: number, { endpoint, ownership }: OwnedEndpoint): Ownership {
    const maker = this.#makerOf(cookie);
    if (maker !== null) return maker;
    return isUnaccepted(endpoint) ? this.#model.listenerOf(endpoint) : ownership;
  }

  /** What no process holds any more (TIME_WAIT, orphans) keeps the owner it had. */
  #compareOwner(entry: Entry, ownership: Ownership, time: number): void {
    if (ownership.owner === null) return;
    if (isSameProcess(entry.ownership.owner, ownership.owner)) return;
    this.#model.reattribute(entry, ownership, time, 'Inferred');
  }

  #gone(entry: Entry, at: number, time: number): void {
    if (entry.waiting !== null) this.#model.settlePort(entry, entry.endpoint);
    this.#model.tell(entry, 'Disappeared', time, { source: 'Inferred' });
    this.#model.remove(entry, at);
  }
}
