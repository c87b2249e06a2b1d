// A look at one event record in place: fields are read when asked for, and addresses become text only
// where an endpoint is made. The layouts are those of native/linux/bpf/event-record.ts.

import {
  EventKind,
  eventOffsets,
  processEventOffsets,
  socketEventOffsets,
} from '../../../native/linux/bpf/event-record.ts';
import { decodeText } from '../../../native/linux/text.ts';
import { AddressFormatter } from '../model/address.ts';
import type { Endpoint, Protocol, State } from '../model/endpoint.ts';
import type { ImageEvent } from './image.ts';

const AF_INET = 2;
const IPPROTO_UDP = 17;

export { EventKind };

export type EventEnds = Omit<Endpoint, 'state' | 'remoteAddress' | 'remotePort'> & {
  readonly remoteAddress: string;
  readonly remotePort: number;
};

export class KernelEvent implements ImageEvent {
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  /** Milliseconds since the epoch at boot. */
  bootMoment = 0;
  readonly #addresses = new AddressFormatter();
  readonly #namespaceName: (inode: number) => string;

  constructor(namespaceName: (inode: number) => string) {
    this.#namespaceName = namespaceName;
  }

  get kind(): number {
    return this.view.getUint32(this.offset + eventOffsets.kind, true);
  }
  /** Milliseconds since boot; the fraction holds the nanoseconds. */
  get sinceBoot(): number {
    return Number(this.view.getBigUint64(this.offset + eventOffsets.time, true)) / 1e6;
  }
  /** In our own pid namespace; 0 where the process can't be seen from there. */
  get pid(): number {
    return this.view.getUint32(this.offset + eventOffsets.pid, true);
  }
  /** In whole ticks of 10 ms, as /proc counts. */
  get startTime(): number {
    const started = this.view.getBigUint64(this.offset + eventOffsets.started, true);
    return (Math.round(this.bootMoment / 10) + Number(started / 10_000_000n)) * 10;
  }
  get uid(): number {
    return this.view.getUint32(this.offset + eventOffsets.uid, true);
  }
  get isKernelThread(): boolean {
    return this.view.getUint32(this.offset + eventOffsets.isKernelThread, true) !== 0;
  }
  get name(): string {
    return this.#text(eventOffsets.name, 16);
  }
  get cookie(): number {
    return Number(this.view.getBigUint64(this.offset + socketEventOffsets.cookie, true));
  }
  get oldState(): number {
    return this.view.getUint8(this.offset + socketEventOffsets.oldState);
  }
  get newState(): number {
    return this.view.getUint8(this.offset + socketEventOffsets.newState);
  }
  /** The other end has said that it sends nothing more. */
  get gotFin(): boolean {
    return this.view.getUint8(this.offset + socketEventOffsets.gotFin) !== 0;
  }
  /** It was reset by the other end or timed out. */
  get failed(): boolean {
    return this.view.getUint8(this.offset + socketEventOffsets.failed) !== 0;
  }
  /** No process has it open any more. */
  get orphaned(): boolean {
    return this.view.getUint8(this.offset + socketEventOffsets.orphaned) !== 0;
  }
  get protocol(): Protocol {
    const number = this.view.getUint16(this.offset + socketEventOffsets.protocol, true);
    return number === IPPROTO_UDP ? 'UDP' : 'TCP';
  }
  get parent(): number {
    return this.view.getUint32(this.offset + processEventOffsets.parent, true);
  }
  get path(): string {
    const length = this.view.getUint32(this.offset + processEventOffsets.pathLength, true);
    return this.#text(processEventOffsets.path, Math.min(length, 256));
  }
  get localPort(): number {
    return this.view.getUint16(this.offset + socketEventOffsets.localPort, true);
  }

  ends(): EventEnds {
    const { view, offset } = this;
    const isIPv4 = view.getUint16(offset + socketEventOffsets.family, true) === AF_INET;
    const scope = view.getUint32(offset + socketEventOffsets.scope, true);
    const addresses = this.#addresses;
    const address = (at: number) =>
      isIPv4 ? addresses.ipv4(view, offset + at) : addresses.ipv6(view, offset + at, scope);
    const namespace = view.getUint32(offset + socketEventOffsets.netNamespace, true);
    return {
      protocol: this.protocol,
      family: isIPv4 ? 'IPv4' : 'IPv6',
      localAddress: address(socketEventOffsets.local),
      localPort: this.localPort,
      remoteAddress: address(socketEventOffsets.remote),
      remotePort: view.getUint16(offset + socketEventOffsets.remotePort, true),
      namespace: this.#namespaceName(namespace),
    };
  }

  #text(offset: number, length: number): string {
    const bytes = new Uint8Array(
      this.view.buffer,
      this.view.byteOffset + this.offset + offset,
      length,
    );
    const end = bytes.indexOf(0);
    return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
  }
}

/** When it happened, in milliseconds since the epoch. */
export const timeOf = (event: KernelEvent): number => event.bootMoment + event.sinceBoot;

/** The endpoint of a TCP event, as it is in this state. */
export function withState(event: KernelEvent, state: State): Endpoint {
  const ends = event.ends();
  const isConnected = state !== 'Listen' && state !== 'Bound';
  return isConnected
    ? { ...ends, state }
    : { ...ends, remoteAddress: null, remotePort: null, state };
}
