// The one model of the machine's endpoints, keyed by the kernel's cookie, driven by its events. Each
// event either says nothing new or is one change; the attribution rules stand here:
//
// - The current process is the socket's own when it connects, listens, or says goodbye (to FIN_WAIT1
//   and LAST_ACK); in every other transition it is whoever ran, so the owner known by cookie stays.
// - An accepted connection is its listener's until it is read or closed by its own process.
// - A kernel thread is never an owner.
//
// Some events come before the socket has its ports (SYN_SENT, SYN_RECV). Such a change waits until the
// ports are known and then goes out with its own time.

import { tcpState } from '../endpoints/linux-rows.ts';
import type { Change, ChangeSource, EndpointChange } from '../model/change.ts';
import type { Endpoint, State } from '../model/endpoint.ts';
import { isSameProcess, type Ownership } from '../model/process.ts';
import type { Images } from './images.ts';
import { EventKind, type KernelEvent } from './kernel-event.ts';
import { type Listener, Listeners } from './listeners.ts';

/** The kernel's numbers (include/net/tcp_states.h) where a transition means more than its name. */
const ESTABLISHED = 1;
const SYN_SENT = 2;
const SYN_RECV = 3;
const FIN_WAIT1 = 4;
const FIN_WAIT2 = 5;
const CLOSE = 7;
const LAST_ACK = 9;
const LISTEN = 10;
const CLOSING = 11;

export interface Entry extends Listener {
  readonly cookie: number;
  endpoint: Endpoint;
  ownership: Ownership;
  /** Milliseconds since boot of the last change. */
  changedAt: number;
  /** What waits for the ports; null once they are known. */
  waiting: EndpointChange[] | null;
}

/** A new socket comes from CLOSE by connect() or listen(), from LISTEN by a handshake. */
const births: ReadonlySet<number> = new Set([SYN_SENT, SYN_RECV, LISTEN]);
const bornFrom: ReadonlySet<number> = new Set([CLOSE, LISTEN]);

const nobody: Ownership = { owner: null, sharedWith: null, attribution: 'None' };
const isConnected = (state: State): boolean => state !== 'Listen' && state !== 'Bound';

export class EndpointModel {
  readonly entries = new Map<number, Entry>();
  /** Cookies of endpoints that ended lately, with the time: a slow table read may still show them. */
  readonly ended = new Map<number, number>();
  /** Entries whose ports are not known yet. */
  readonly portless = new Set<Entry>();
  readonly #images: Images;
  readonly #listeners = new Listeners();
  /** Makers of UDP sockets that have no port yet, by cookie. */
  readonly #makers = new Map<number, Ownership>();
  #lastMade = 0;
  #changes: Change[] = [];
  readonly #handlers: Readonly<Record<number, (event: KernelEvent) => void>> = {
    [EventKind.State]: (event) => this.#stateChanged(event),
    [EventKind.Received]: (event) => this.#showsItself(event),
    [EventKind.Created]: (event) => this.#made(event),
    [EventKind.Bound]: (event) => {
      if (event.protocol === 'UDP') this.#udpSeen(event);
    },
    [EventKind.Sent]: (event) => this.#udpSeen(event),
    [EventKind.Released]: (event) => this.#udpReleased(event),
    [EventKind.Forked]: (event) => this.#images.forked(event, event.parent),
    [EventKind.Executed]: (event) => this.#images.executed(event, event.path),
    [EventKind.Exited]: (event) => this.#exited(event),
  };

  constructor(images: Images) {
    this.#images = images;
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

  apply(event: KernelEvent): void {
    this.#handlers[event.kind]?.(event);
  }

  /** An event from before the tables were read into the model: births that the tables missed, and
   * transitions that go on from what they say; the rest they know already. */
  applyEarly(event: KernelEvent): void {
    if (event.kind !== EventKind.State) {
      if (isProcessEvent(event.kind) || event.kind === EventKind.Created) this.apply(event);
      return;
    }
    const entry = this.entries.get(event.cookie);
    const goesOn =
      entry === undefined
        ? births.has(event.newState) && bornFrom.has(event.oldState)
        : entry.endpoint.state === tcpState(event.oldState);
    if (goesOn) this.apply(event);
  }

  /** The image is told in any case: whoever watches the process wants to hear of its end. */
  #exited(event: KernelEvent): void {
    const image = this.#images.exited(event, event.sinceBoot);
    const { time, source } = { time: timeOf(event), source: 'Kernel' as const };
    this.report({ kind: 'ProcessExited', time, ownership: image.ownedBy('Kernel'), source });
  }

  /** Who does this now; nobody where it is the kernel itself or can't be seen. */
  #ownerNow(event: KernelEvent): Ownership {
    if (event.isKernelThread || event.pid === 0) return nobody;
    return this.#images.wanted(event).ownedBy('Kernel');
  }

  #stateChanged(event: KernelEvent): void {
    const { oldState, newState } = event;
    const entry = this.entries.get(event.cookie);
    if (newState === CLOSE) {
      if (entry !== undefined) this.#closed(entry, event);
    } else if (entry === undefined) this.#born(event);
    else if (oldState === CLOSE && entry.endpoint.state === 'TimeWait') this.#reborn(entry, event);
    else this.#moved(entry, event);
  }

  #moved(entry: Entry, event: KernelEvent): void {
    const { newState } = event;
    if (newState === FIN_WAIT1 || newState === LAST_ACK) this.#saysGoodbye(entry, event);
    if (entry.waiting !== null && event.localPort !== 0) this.#portsKnown(entry, event);
    this.#toState(entry, tcpState(newState), event, 'Kernel');
  }

  #born(event: KernelEvent): void {
    const { newState } = event;
    const state = tcpState(newState);
    const endpoint = withState(event, state);
    // The event says SYN_SENT and SYN_RECV before the socket has its ports.
    const hasPorts = newState !== SYN_SENT && newState !== SYN_RECV && endpoint.localPort !== 0;
    const ownership = newState === SYN_SENT || newState === LISTEN ? this.#ownerNow(event) : nobody;
    const entry = this.add(event.cookie, endpoint, ownership, event.sinceBoot);
    if (!hasPorts) {
      entry.waiting = [];
      this.portless.add(entry);
    }
    this.#tell(entry, 'Appeared', timeOf(event), { source: 'Kernel' });
  }

  /** A program connects again with a socket whose last connection still waits for its end. */
  #reborn(entry: Entry, event: KernelEvent): void {
    this.tellInferred(entry, 'Disappeared', timeOf(event));
    this.remove(entry, event.sinceBoot);
    this.#born(event);
  }

  /** Puts an endpoint into the model without a word. */
  add(cookie: number, endpoint: Endpoint, ownership: Ownership, at: number): Entry {
    const entry: Entry = { cookie, endpoint, ownership, changedAt: at, waiting: null };
    this.entries.set(cookie, entry);
    if (endpoint.state === 'Listen' && endpoint.localPort !== 0) this.#listeners.add(entry);
    return entry;
  }

  /** Takes an endpoint out of the model without a word. */
  remove(entry: Entry, at: number): void {
    this.#listeners.remove(entry);
    this.entries.delete(entry.cookie);
    this.portless.delete(entry);
    this.ended.set(entry.cookie, at);
  }

  #portsKnown(entry: Entry, event: KernelEvent): void {
    const endpoint = withState(event, entry.endpoint.state);
    this.settlePorts(entry, endpoint);
  }

  /** Now that the ports are known, what waited for them goes out. */
  settlePorts(entry: Entry, endpoint: Endpoint): void {
    const waiting = entry.waiting ?? [];
    entry.waiting = null;
    this.portless.delete(entry);
    entry.endpoint = endpoint;
    if (endpoint.state === 'Listen') this.#listeners.add(entry);
    if (entry.ownership === nobody && isConnected(endpoint.state)) {
      entry.ownership = this.#fromListener(endpoint);
    }
    const { ownership } = entry;
    for (const change of waiting) {
      const { state } = change.endpoint;
      this.report({ ...change, endpoint: { ...endpoint, state }, ownership });
    }
  }

  #fromListener(endpoint: Endpoint): Ownership {
    const owner = this.#listeners.ownerOf(endpoint);
    return owner === null ? nobody : { owner, sharedWith: null, attribution: 'Listener' };
  }

  #closed(entry: Entry, event: KernelEvent): void {
    const { oldState } = event;
    if ((oldState === FIN_WAIT2 || oldState === CLOSING) && !event.failed) {
      this.#waitsOn(entry, event);
      return;
    }
    if (entry.waiting !== null) {
      if (event.localPort !== 0) this.#portsKnown(entry, event);
      else this.settlePorts(entry, entry.endpoint); // it failed before its port was seen
    }
    this.#tell(entry, 'Disappeared', timeOf(event), { source: 'Kernel' });
    this.remove(entry, event.sinceBoot);
  }

  /** The kernel goes on with a smaller thing in the socket's place, of which it tells nothing more:
   * TIME_WAIT, or an orphan in FIN_WAIT2 that still waits for the other end's goodbye. */
  #waitsOn(entry: Entry, event: KernelEvent): void {
    if (event.gotFin) this.#toState(entry, 'TimeWait', event, 'Inferred');
    else entry.changedAt = event.sinceBoot;
  }

  #toState(entry: Entry, state: State, event: KernelEvent, source: ChangeSource): void {
    const previousState = entry.endpoint.state;
    if (previousState === state) return;
    if (previousState === 'Listen') this.#listeners.remove(entry);
    entry.endpoint = { ...entry.endpoint, state };
    entry.changedAt = event.sinceBoot;
    this.#tell(entry, 'Changed', timeOf(event), { source, previousState });
  }

  /** Runs in the process that reads the socket. */
  #showsItself(event: KernelEvent): void {
    const entry = this.entries.get(event.cookie);
    if (entry !== undefined) this.#credit(entry, event);
  }

  /** A connection that was only credited to its listener, or to nobody, is closed by its own. */
  #saysGoodbye(entry: Entry, event: KernelEvent): void {
    const { attribution } = entry.ownership;
    if (attribution === 'Listener' || attribution === 'None') this.#credit(entry, event);
  }

  #credit(entry: Entry, event: KernelEvent): void {
    const ownership = this.#ownerNow(event);
    if (ownership === nobody) return;
    this.reattribute(entry, ownership, timeOf(event), 'Kernel');
  }

  /** Tells of it only where it is another process than was believed. */
  reattribute(entry: Entry, ownership: Ownership, time: number, source: ChangeSource): void {
    const previousOwner = entry.ownership.owner;
    const same = isSameProcess(previousOwner, ownership.owner);
    entry.ownership = ownership;
    if (!same) this.#tell(entry, 'Reattributed', time, { source, previousOwner });
  }

  #made(event: KernelEvent): void {
    this.#makers.set(event.cookie, this.#ownerNow(event));
    this.#lastMade = event.sinceBoot;
  }

  /** A UDP socket is seen with its port: bound, or by what it sends. */
  #udpSeen(event: KernelEvent): void {
    const entry = this.entries.get(event.cookie);
    const endpoint = udpEndpoint(event);
    if (entry === undefined) {
      const maker = this.#makers.get(event.cookie);
      const now = this.#ownerNow(event);
      const added = this.add(
        event.cookie,
        endpoint,
        now === nobody ? (maker ?? now) : now,
        event.sinceBoot,
      );
      this.#tell(added, 'Appeared', timeOf(event), { source: 'Kernel' });
    } else if (hasOtherEnds(entry.endpoint, endpoint)) {
      entry.endpoint = endpoint;
      entry.changedAt = event.sinceBoot;
      this.#tell(entry, 'Changed', timeOf(event), { source: 'Kernel', previousState: 'Bound' });
    }
  }

  #udpReleased(event: KernelEvent): void {
    this.#makers.delete(event.cookie);
    const entry = this.entries.get(event.cookie);
    if (entry === undefined) return;
    this.#tell(entry, 'Disappeared', timeOf(event), { source: 'Kernel' });
    this.remove(entry, event.sinceBoot);
  }

  /** The process that made the UDP socket, while it has no port. */
  makerOf(cookie: number): Ownership | null {
    return this.#makers.get(cookie) ?? null;
  }

  /** True where something came since that moment (since boot) whose port no event has told yet: a
   * look at the tables tells it. */
  hasUnknownPorts(since: number): boolean {
    if (this.#lastMade > since) return true;
    for (const { changedAt } of this.portless) if (changedAt > since) return true;
    return false;
  }

  #tell(
    entry: Entry,
    kind: EndpointChange['kind'],
    time: number,
    about: Pick<EndpointChange, 'source'> &
      Partial<Pick<EndpointChange, 'previousState' | 'previousOwner'>>,
  ): void {
    const { endpoint, ownership } = entry;
    const none = { previousState: null, previousOwner: null };
    const change: EndpointChange = { kind, time, endpoint, ownership, ...none, ...about };
    if (entry.waiting === null) this.report(change);
    else entry.waiting.push(change);
  }

  /** The same for a change that no event told. */
  tellInferred(
    entry: Entry,
    kind: EndpointChange['kind'],
    time: number,
    previousState: State | null = null,
  ): void {
    this.#tell(entry, kind, time, { source: 'Inferred', previousState });
  }

  forgetEnded(before: number): void {
    for (const [cookie, at] of this.ended) {
      if (at >= before) return; // in the order in which they ended
      this.ended.delete(cookie);
    }
  }
}

const processKinds: ReadonlySet<number> = new Set([
  EventKind.Forked,
  EventKind.Executed,
  EventKind.Exited,
]);
const isProcessEvent = (kind: number): boolean => processKinds.has(kind);

const timeOf = (event: KernelEvent): number => event.bootMoment + event.sinceBoot;

function withState(event: KernelEvent, state: State): Endpoint {
  const ends = event.ends();
  if (isConnected(state)) return { ...ends, state };
  return { ...ends, remoteAddress: null, remotePort: null, state };
}

function udpEndpoint(event: KernelEvent): Endpoint {
  const ends = event.ends();
  const connected = event.newState === ESTABLISHED;
  const remote = connected ? {} : { remoteAddress: null, remotePort: null };
  return { ...ends, ...remote, state: 'Bound' };
}

const hasOtherEnds = (a: Endpoint, b: Endpoint): boolean =>
  a.remoteAddress !== b.remoteAddress ||
  a.remotePort !== b.remotePort ||
  a.localAddress !== b.localAddress ||
  a.localPort !== b.localPort;
