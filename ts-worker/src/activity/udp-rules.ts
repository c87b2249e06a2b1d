// What the events of UDP sockets do to the model. A UDP socket is an endpoint once it has a port: by
// bind(), by the first thing it sends, or by connect(), which tells nothing; such a one is looked up in
// the tables, or seen at last when it is closed.

import { type Endpoint, hasSameEnds } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import type { EndpointModel } from './endpoint-model.ts';
import { nobody } from './image.ts';
import type { Images } from './images.ts';
import { EventKind, type KernelEvent, timeOf } from './kernel-event.ts';

const ESTABLISHED = 1; // a UDP socket that is connected (include/net/tcp_states.h)

interface Maker {
  readonly ownership: Ownership;
  /** Milliseconds since boot. */
  readonly at: number;
}

/** Sockets that never get a port are rare; were their ends lost, they would stay for ever. */
const mostMakers = 16_384;

export class UdpRules {
  readonly #model: EndpointModel;
  readonly #images: Images;
  /** Who made the sockets that have no port yet, by cookie. */
  readonly #makers = new Map<number, Maker>();

  constructor(model: EndpointModel, images: Images) {
    this.#model = model;
    this.#images = images;
  }

  created(event: KernelEvent): void {
    if (this.#makers.size >= mostMakers) {
      for (const [oldest] of this.#makers) {
        this.#makers.delete(oldest);
        break;
      }
    }
    const ownership = this.#images.ownerNow(event);
    this.#makers.set(event.cookie, { ownership, at: event.sinceBoot });
  }

  /** It is seen with its ends. */
  seen(event: KernelEvent): void {
    if (event.localPort === 0) return;
    const entry = this.#model.entries.get(event.cookie);
    const endpoint = endpointOf(event);
    if (entry === undefined) this.#appeared(event, endpoint);
    else if (!hasSameEnds(entry.endpoint, endpoint)) {
      this.#model.place(entry, endpoint);
      entry.changedAt = event.sinceBoot;
      const about = { source: 'Kernel', previousState: 'Bound' } as const;
      this.#model.tell(entry, 'Changed', timeOf(event), about);
    }
  }

  released(event: KernelEvent): void {
    this.seen(event);
    this.#makers.delete(event.cookie);
    const entry = this.#model.entries.get(event.cookie);
    if (entry === undefined) return;
    this.#model.tell(entry, 'Disappeared', timeOf(event), { source: 'Kernel' });
    this.#model.remove(entry, event.sinceBoot);
  }

  /** The process that made the socket, while it has no port. */
  makerOf(cookie: number): Ownership | null {
    return this.#makers.get(cookie)?.ownership ?? null;
  }

  /** True where a socket made between these moments (since boot) may have got a port unseen. */
  asksTables(after: number, before: number): boolean {
    for (const { at } of this.#makers.values()) if (at > after && at <= before) return true;
    return false;
  }

  #appeared(event: KernelEvent, endpoint: Endpoint): void {
    const owner = this.#ownerOf(event);
    this.#makers.delete(event.cookie);
    const entry = this.#model.add(event.cookie, endpoint, owner, event.sinceBoot);
    this.#model.tell(entry, 'Appeared', timeOf(event), { source: 'Kernel' });
  }

  /** Who lets it go may be a child that holds what its parent has, or one that looked at its files. */
  #ownerOf(event: KernelEvent): Ownership {
    const maker = this.makerOf(event.cookie) ?? nobody;
    const { owner } = maker;
    const isAnother = owner !== null && owner.pid !== event.pid;
    if (isAnother && event.kind === EventKind.Released) return maker;
    const now = this.#images.ownerNow(event);
    return now === nobody ? maker : now;
  }
}

const endpointOf = (event: KernelEvent): Endpoint =>
  event.endpoint('Bound', event.newState === ESTABLISHED);
