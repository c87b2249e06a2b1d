// The one model of the machine's endpoints, keyed by the kernel's cookie: what is open, who owns it,
// and the changes that were told. The rules by which events drive it stand in tcp-rules.ts and
// udp-rules.ts, the comparison with the tables in reconcile.ts.
//
// A connection begins before it has its port. What is told of it waits until the port is known and
// then goes out with its own time.

import type { Change, ChangeSource, EndpointChange } from '../model/change.ts';
import { type Endpoint, hasSameEnds, inState, type State } from '../model/endpoint.ts';
import { isSameProcess, type Ownership, type ProcessFacts } from '../model/process.ts';
import { EndedLately } from './ended-lately.ts';
import { type Entry, entryOf } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { Image, nobody } from './image.ts';
import { Listeners } from './listeners.ts';

type About = Pick<EndpointChange, 'source'> &
  Partial<Pick<EndpointChange, 'previousState' | 'previousOwner'>>;

/** States from which a connection only goes on to its end, whether or not we are told of it. */
const isLeaving: ReadonlySet<State> = new Set([
  'FinWait1',
  'FinWait2',
  'Closing',
  'LastAck',
  'TimeWait',
]);

export class EndpointModel {
  readonly entries = new EntryTable();
  readonly ended = new EndedLately();
  /** Seldom more than a few at once. */
  readonly #portless: Entry[] = [];
  readonly #listeners: Listeners;
  /** One object for all connections of one listener. */
  readonly #asListener = new WeakMap<ProcessFacts, Ownership>();
  /** Owners of listeners that ended, and when: where a listener outlives it, another process holds it. */
  #lateOwners: { readonly process: ProcessFacts; readonly at: number }[] = [];
  #changes: Change[] = [];

  /** `hasEnded` tells whether a process is known to be gone. */
  constructor(hasEnded: (process: ProcessFacts) => boolean) {
    this.#listeners = new Listeners(hasEnded);
  }

  /** The changes since the last call. */
  takeChanges(): Change[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  report(change: Change): void {
    this.#changes.push(change);
  }

  /** Puts an endpoint into the model without a word. */
  add(cookie: number, endpoint: Endpoint, ownership: Ownership, at: number): Entry {
    const entry = entryOf(cookie, endpoint, ownership, at);
    this.entries.add(entry);
    this.place(entry, endpoint);
    this.entries.lay(entry);
    return entry;
  }

  /** Takes an endpoint out of the model without a word. */
  remove(entry: Entry, at: number): void {
    this.#unlist(entry);
    this.entries.delete(entry);
    if (entry.waiting !== null) this.#hasPort(entry);
    this.ended.add(entry.cookie, at);
  }

  /** Gives an entry other ends or another state, without a word. */
  place(entry: Entry, endpoint: Endpoint): void {
    if (!this.#staysOver(entry, endpoint)) this.#unlist(entry);
    entry.endpoint = endpoint;
    if (endpoint.state === 'Listen' && endpoint.localPort !== 0) this.#listeners.add(entry);
    else if (isLeaving.has(endpoint.state)) this.entries.setOver(entry);
  }

  /** It is on its way out, and goes on: where it is found stays the same. */
  #staysOver({ isOver, endpoint: before }: Entry, endpoint: Endpoint): boolean {
    return isOver && isLeaving.has(endpoint.state) && hasSameEnds(before, endpoint);
  }

  #unlist(entry: Entry): void {
    if (entry.endpoint.state === 'Listen') this.#listeners.remove(entry);
    this.entries.setGoingOn(entry);
  }

  /** A new connection has the ends of one that was over: the kernel gave that one up for it. */
  supersede(endpoint: Endpoint, at: number, time: number): void {
    const { entries } = this;
    for (let former = entries.takeOver(endpoint); former; former = entries.takeOver(endpoint)) {
      this.tell(former, 'Disappeared', time, { source: 'Inferred' });
      this.remove(former, at);
    }
  }

  awaitPort(entry: Entry): void {
    entry.waiting = [];
    this.#portless.push(entry);
  }

  #hasPort(entry: Entry): void {
    entry.waiting = null;
    const place = this.#portless.lastIndexOf(entry);
    const last = place < 0 ? undefined : this.#portless.pop();
    if (last !== undefined && last !== entry) this.#portless[place] = last;
  }

  /** Now that the port is known, what waited for it goes out. */
  settlePort(entry: Entry, endpoint: Endpoint): void {
    const waiting = entry.waiting ?? [];
    if (entry.waiting !== null) this.#hasPort(entry);
    this.place(entry, endpoint);
    const { ownership } = entry;
    for (const { kind, time, endpoint: before, previousState, previousOwner, source } of waiting) {
      const settled = inState(endpoint, before.state);
      this.report({
        kind,
        time,
        endpoint: settled,
        ownership,
        previousState,
        previousOwner,
        source,
      });
    }
  }

  /** Whom a connection belongs to of which nothing is known but its ends. */
  listenerOf(accepted: Endpoint): Ownership {
    const owner = this.#listeners.ownerOf(accepted);
    if (owner === null) return nobody;
    const known = this.#asListener.get(owner);
    if (known !== undefined) return known;
    const ownership: Ownership = { owner, sharedWith: null, attribution: 'Listener' };
    this.#asListener.set(owner, ownership);
    return ownership;
  }

  processEnded(process: ProcessFacts, at: number): void {
    if (this.#listeners.hasAnyOf(process)) this.#lateOwners.push({ process, at });
  }

  tell(entry: Entry, kind: EndpointChange['kind'], time: number, about: About): void {
    const { endpoint, ownership } = entry;
    const { source, previousState = null, previousOwner = null } = about;
    const change = { kind, time, endpoint, ownership, previousState, previousOwner, source };
    if (entry.waiting === null) this.report(change);
    else entry.waiting.push(change);
  }

  /** Another state, told with the state before it; the last that is done to an entry. */
  toState(entry: Entry, state: State, at: number, time: number, source: ChangeSource): void {
    const previousState = entry.endpoint.state;
    if (previousState === state) return;
    this.place(entry, inState(entry.endpoint, state));
    entry.changedAt = at;
    this.tell(entry, 'Changed', time, { source, previousState });
    this.entries.lay(entry);
  }

  /** Tells of it only where it is another process than was believed. */
  reattribute(entry: Entry, ownership: Ownership, time: number, source: ChangeSource): void {
    const previousOwner = entry.ownership.owner;
    const same = isSameProcess(previousOwner, ownership.owner);
    const isListed = entry.endpoint.state === 'Listen';
    if (isListed) this.#listeners.remove(entry);
    entry.ownership = ownership;
    if (isListed && entry.endpoint.localPort !== 0) this.#listeners.add(entry);
    if (!same) this.tell(entry, 'Reattributed', time, { source, previousOwner });
  }

  /** True where something happened between these moments (since boot) that only the tables can
   * tell: a port that no event told yet, or who has a listener now. */
  asksTables(after: number, before: number): boolean {
    const isAsking = (at: number) => at > after && at <= before;
    this.#lateOwners = this.#lateOwners.filter(
      ({ process, at }) => at > after && this.#listeners.hasAnyOf(process),
    );
    if (this.#lateOwners.some(({ at }) => isAsking(at))) return true;
    for (const { changedAt } of this.#portless) if (isAsking(changedAt)) return true;
    return false;
  }

  /** Puts other facts in the place of all owners; gives those that are images, which change by
   * themselves. */
  moveOwners(moved: (ownership: Ownership) => Ownership): Set<Image> {
    const images = new Set<Image>();
    this.entries.moveOwners((ownership) => {
      if (!(ownership.owner instanceof Image)) return moved(ownership);
      images.add(ownership.owner);
      return ownership;
    });
    return images;
  }
}
