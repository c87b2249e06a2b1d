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

export class KernelEvent implements ImageEvent {
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  /** Milliseconds since the epoch at boot. */
  bootMoment = Number.NaN;
  /** Milliseconds since boot; the fraction holds the microseconds. */
  sinceBoot = Number.NaN;
  readonly #addresses = new AddressFormatter();
  readonly #namespaceName: (inode: number) => string;

  constructor(namespaceName: (inode: number) => string) {
    this.#namespaceName = namespaceName;
  }

  /** From now on it is the record there. */
  look(view: DataView, offset: number): void {
    this.view = view;
    this.offset = offset;
    this.sinceBoot = this.#u64(eventOffsets.time) / 1e6;
  }

  get kind(): number {
    return this.view.getUint32(this.offset + eventOffsets.kind, true);
  }
  /** In our own pid namespace; 0 where the process can't be seen from there. */
  get pid(): number {
    return this.view.getUint32(this.offset + eventOffsets.pid, true);
  }
  /** In whole ticks of 10 ms, as /proc counts. */
  get startTime(): number {
    const ticks = Math.floor(this.#u64(eventOffsets.started) / 1e7);
    return (Math.round(this.bootMoment / 10) + ticks) * 10;
  }
  get uid(): number {
    return this.view.getUint32(this.offset + eventOffsets.uid, true);
  }
  /** We open no connections, but look at the files of others, and may so be the last to hold one. */
  get isOurs(): boolean {
    return this.pid === process.pid;
  }
  get isKernelThread(): boolean {
    return this.view.getUint32(this.offset + eventOffsets.isKernelThread, true) !== 0;
  }
  get name(): string {
    return this.#text(eventOffsets.name, 16);
  }
  get cookie(): number {
    return this.#u64(socketEventOffsets.cookie);
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

  /** The endpoint as it is in this state. */
  endpoint(state: State, hasRemote: boolean): Endpoint {
    const { view, offset } = this;
    const isIPv4 = view.getUint16(offset + socketEventOffsets.family, true) === AF_INET;
    const remotePort = view.getUint16(offset + socketEventOffsets.remotePort, true);
    return {
      protocol: this.protocol,
      family: isIPv4 ? 'IPv4' : 'IPv6',
      localAddress: this.#address(socketEventOffsets.local, isIPv4),
      localPort: this.localPort,
      remoteAddress: hasRemote ? this.#address(socketEventOffsets.remote, isIPv4) : null,
      remotePort: hasRemote ? remotePort : null,
      state,
      namespace: this.#namespaceName(
        view.getUint32(offset + socketEventOffsets.netNamespace, true),
      ),
    };
  }

  #address(at: number, isIPv4: boolean): string {
    const { view, offset } = this;
    if (isIPv4) return this.#addresses.ipv4(view, offset + at);
    const scope = view.getUint32(offset + socketEventOffsets.scope, true);
    return this.#addresses.ipv6(view, offset + at, scope);
  }

  /** As a number: exact up to 2^53, which is 104 days of nanoseconds, and to a few of them beyond. */
  #u64(at: number): number {
    const { view, offset } = this;
    const high = view.getUint32(offset + at + 4, true);
    return high * 0x1_0000_0000 + view.getUint32(offset + at, true);
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

/** The endpoint of a TCP event: listeners and sockets that are only bound have no remote end. */
export const withState = (event: KernelEvent, state: State): Endpoint =>
  event.endpoint(state, state !== 'Listen' && state !== 'Bound');
