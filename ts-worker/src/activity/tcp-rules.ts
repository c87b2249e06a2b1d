// What the events of TCP sockets do to the model, and whom a connection is credited to:
//
// - The current process is the socket's own when it binds, connects, listens, or says goodbye (to
//   FIN_WAIT1 and LAST_ACK, or to CLOSE where nothing went wrong); in every other transition it is
//   whoever ran, so the owner known by cookie stays.
// - An accepted connection is its listener's until it is read or closed by its own process.
// - A goodbye credits only what is not sure yet: a child between its fork and its exec holds all that
//   its parent has, and may be the last to let go of a connection that was never its own. So may we,
//   who hold what is open while we read the tables: we are never the one that says goodbye.
// - A kernel thread is never an owner.

import { tcpState } from '../endpoints/linux-rows.ts';
import type { State } from '../model/endpoint.ts';
import type { EndpointModel } from './endpoint-model.ts';
import type { Entry } from './entry.ts';
import { nobody } from './image.ts';
import type { Images } from './images.ts';
import { type KernelEvent, timeOf, withState } from './kernel-event.ts';

/** The kernel's numbers (include/net/tcp_states.h) where a transition means more than its name. */
const ESTABLISHED = 1;
const SYN_SENT = 2;
const SYN_RECV = 3;
const FIN_WAIT1 = 4;
const FIN_WAIT2 = 5;
const CLOSE = 7;
const CLOSE_WAIT = 8;
const LAST_ACK = 9;
const LISTEN = 10;
const CLOSING = 11;

/** States that a socket comes to by its own process. */
const isByItself = (state: number): boolean =>
  state === SYN_SENT || state === LISTEN || state === FIN_WAIT1 || state === LAST_ACK;
/** Where a process has the socket in its hands: to CLOSE from here is its doing or the other end's. */
const isInHands = (state: number): boolean => state === ESTABLISHED || state === CLOSE_WAIT;

/** A new socket comes from CLOSE by connect() or listen(), from LISTEN by a handshake. */
export const isBirth = ({ oldState, newState }: KernelEvent): boolean =>
  oldState === CLOSE ? newState === SYN_SENT || newState === LISTEN : newState === SYN_RECV;

export class TcpRules {
  readonly #model: EndpointModel;
  readonly #images: Images;

  constructor(model: EndpointModel, images: Images) {
    this.#model = model;
    this.#images = images;
  }

  stateChanged(event: KernelEvent): void {
    const { oldState, newState } = event;
    const entry = this.#model.entries.get(event.cookie);
    if (newState === CLOSE) {
      if (entry !== undefined) this.#closed(entry, event);
    } else if (entry === undefined) this.#born(event);
    else if (oldState === CLOSE && entry.isOver) this.#reborn(entry, event);
    else this.#moved(entry, event);
  }

  /** bind() gave it a port; most go on to listen or to connect. */
  bound(event: KernelEvent): void {
    if (this.#model.entries.has(event.cookie) || event.localPort === 0) return;
    this.#appeared(event, 'Bound', this.#images.ownerNow(event));
  }

  /** It was bound and nothing more. */
  released(event: KernelEvent): void {
    const entry = this.#model.entries.get(event.cookie);
    if (entry !== undefined) this.#gone(entry, event);
  }

  /** Runs in the process that reads the socket for the first time. */
  received(event: KernelEvent): void {
    const entry = this.#model.entries.get(event.cookie);
    if (entry !== undefined) this.#showsItself(entry, event);
  }

  #born(event: KernelEvent): void {
    const state = tcpState(event.newState);
    const own = isByItself(event.newState);
    const ownership = own ? this.#images.ownerNow(event) : nobody;
    this.#appeared(event, state, ownership);
  }

  #appeared(event: KernelEvent, state: State, ownership: Entry['ownership']): void {
    const endpoint = withState(event, state);
    const hasPort = endpoint.localPort !== 0;
    if (hasPort) this.#model.supersede(endpoint, event.sinceBoot, timeOf(event));
    const owned = ownership === nobody ? this.#model.listenerOf(endpoint) : ownership;
    const entry = this.#model.add(event.cookie, endpoint, owned, event.sinceBoot);
    if (!hasPort) this.#model.awaitPort(entry);
    this.#model.tell(entry, 'Appeared', timeOf(event), { source: 'Kernel' });
  }

  /** A program connects again with a socket whose last connection still waits for its end. */
  #reborn(entry: Entry, event: KernelEvent): void {
    this.#model.tell(entry, 'Disappeared', timeOf(event), { source: 'Inferred' });
    this.#model.remove(entry, event.sinceBoot);
    this.#born(event);
  }

  #moved(entry: Entry, event: KernelEvent): void {
    if (isByItself(event.newState)) this.#showsItself(entry, event);
    this.#learnEnds(entry, event);
    const state = tcpState(event.newState);
    this.#model.toState(entry, state, event.sinceBoot, timeOf(event), 'Kernel');
  }

  /** A connection has its port after its first event; a bound socket that connects gets a remote end. */
  #learnEnds(entry: Entry, event: KernelEvent): void {
    if (event.localPort === 0) return;
    const { state } = entry.endpoint;
    if (entry.waiting !== null) {
      const endpoint = withState(event, state);
      this.#model.supersede(endpoint, event.sinceBoot, timeOf(event));
      this.#model.settlePort(entry, endpoint);
    } else if (state === 'Bound' && event.newState === SYN_SENT) {
      this.#model.place(entry, event.endpoint(state, true));
    }
  }

  /** The end of a connection that closed first is still kept by the kernel, which says no more of it:
   * in TIME_WAIT where the other end has closed, too, else in FIN_WAIT2. */
  #closed(entry: Entry, event: KernelEvent): void {
    const { oldState, failed, gotFin, orphaned } = event;
    if (!failed && (oldState === CLOSING || (oldState === FIN_WAIT2 && gotFin))) {
      this.#model.toState(entry, 'TimeWait', event.sinceBoot, timeOf(event), 'Inferred');
      return;
    }
    if (!failed && oldState === FIN_WAIT2 && orphaned) {
      this.#model.entries.setOver(entry);
      return;
    }
    this.#learnEnds(entry, event);
    if (!failed && isInHands(oldState)) this.#showsItself(entry, event);
    this.#gone(entry, event);
  }

  #gone(entry: Entry, event: KernelEvent): void {
    if (entry.waiting !== null) this.#model.settlePort(entry, entry.endpoint);
    this.#model.tell(entry, 'Disappeared', timeOf(event), { source: 'Kernel' });
    this.#model.remove(entry, event.sinceBoot);
  }

  /** The current process is the socket's own: that counts where it was credited to its listener or to
   * nobody until now, or to a process that is gone. */
  #showsItself(entry: Entry, event: KernelEvent): void {
    const { attribution, owner } = entry.ownership;
    const isSure = attribution !== 'Listener' && owner !== null && !this.#images.hasEnded(owner);
    if (isSure || event.isOurs) return;
    const ownership = this.#images.ownerNow(event);
    if (ownership === nobody) return;
    entry.changedAt = event.sinceBoot;
    this.#model.reattribute(entry, ownership, timeOf(event), 'Kernel');
  }
}
