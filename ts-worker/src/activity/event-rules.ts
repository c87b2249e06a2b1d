// Which rule answers which event.

import { tcpState } from '../endpoints/linux-rows.ts';
import type { EndpointModel } from './endpoint-model.ts';
import type { Images } from './images.ts';
import { EventKind, type KernelEvent, timeOf } from './kernel-event.ts';
import { isBirth, TcpRules } from './tcp-rules.ts';
import { UdpRules } from './udp-rules.ts';

type Rule = (event: KernelEvent) => void;

export class EventRules {
  readonly udp: UdpRules;
  readonly #tcp: TcpRules;
  readonly #model: EndpointModel;
  readonly #images: Images;
  readonly #rules: Readonly<Record<number, Rule>> = {
    [EventKind.State]: (event) => this.#tcp.stateChanged(event),
    [EventKind.Received]: (event) => this.#tcp.received(event),
    [EventKind.Created]: (event) => this.udp.created(event),
    [EventKind.Bound]: (event) =>
      event.protocol === 'UDP' ? this.udp.seen(event) : this.#tcp.bound(event),
    [EventKind.Sent]: (event) => this.udp.seen(event),
    [EventKind.Released]: (event) =>
      event.protocol === 'UDP' ? this.udp.released(event) : this.#tcp.released(event),
    [EventKind.Forked]: (event) => this.#images.forked(event, event.parent),
    [EventKind.Executed]: (event) => this.#images.executed(event, event.path),
    [EventKind.Exited]: (event) => this.#exited(event),
  };

  constructor(model: EndpointModel, images: Images) {
    this.#model = model;
    this.#images = images;
    this.#tcp = new TcpRules(model, images);
    this.udp = new UdpRules(model, images);
  }

  /** Processes that can't be seen from our pid namespace are nobody's business here. */
  apply(event: KernelEvent): void {
    if (event.kind > EventKind.Released && event.pid === 0) return;
    this.#rules[event.kind]?.(event);
  }

  /** An event from before the tables were read into the model: births that the tables missed, and
   * what goes on from what they say; the rest they know already. */
  applyEarly(event: KernelEvent): void {
    if (this.#goesOn(event)) this.apply(event);
  }

  #goesOn(event: KernelEvent): boolean {
    const { kind } = event;
    if (kind > EventKind.Released || kind === EventKind.Created) return true;
    const entry = this.#model.entries.get(event.cookie);
    if (kind === EventKind.Released) {
      return entry !== undefined || this.udp.makerOf(event.cookie) !== null;
    }
    if (kind !== EventKind.State) return (kind === EventKind.Received) === (entry !== undefined);
    if (entry === undefined) return isBirth(event);
    return entry.endpoint.state === tcpState(event.oldState);
  }

  /** It is told in any case: whoever watches the process wants to hear of its end. */
  #exited(event: KernelEvent): void {
    const image = this.#images.exited(event, event.sinceBoot);
    this.#model.processEnded(image, event.sinceBoot);
    const ownership = image.ownedBy('Kernel');
    this.#model.report({ kind: 'ProcessExited', time: timeOf(event), ownership, source: 'Kernel' });
  }
}
