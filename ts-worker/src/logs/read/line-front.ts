// The fields with which a line begins, as far as the addresses, read in one pass over its bytes. What
// is not as usual need not be wrong: such a line has to be cut and read in full.

import { columnsWithoutProcess, genuineColumns } from '../format/port-columns.ts';
import type { Block } from './block.ts';
import type { KnownAddresses } from './known-addresses.ts';
import type { Tail } from './known-tails.ts';
import type { Layout } from './layout.ts';
import type { Ends } from './record-columns.ts';
import { LastBytes } from './same-bytes.ts';

const comma = 0x2c;
const star = 0x2a;
const digitZero = 0x30;
const mostDigits = 5;
const highestPort = 65_535;

/** Date, time and protocol. */
const fieldsBeforePorts = genuineColumns.indexOf('local port');
/** TCP or UDP, and the comma behind it. */
const protocolLength = 4;

/** True where the lines of a file begin as ours and genuine ones do. */
export const hasUsualFront = (layout: Layout): boolean =>
  genuineColumns
    .slice(0, columnsWithoutProcess)
    .every((column, place) => layout.place(column) === place);

export class LineFront {
  /** Of the last line that was read, until the next one. */
  readonly ends: Ends = { localAddress: -1, localPort: 0, remoteAddress: -1, remotePort: 0 };
  readonly tail: Tail = { view: new DataView(new ArrayBuffer(0)), from: 0, to: 0, front: 0 };
  readonly #addresses: KnownAddresses;
  /** Of a line before, as far as its first port. */
  readonly #beginning = new LastBytes();
  /** Where the comma is behind what was read last. */
  #end = 0;

  constructor(addresses: KnownAddresses) {
    this.#addresses = addresses;
  }

  /** False where the line is not as usual. */
  read(block: Block, from: number, to: number): boolean {
    const { ends, tail } = this;
    const ports = this.#behindProtocol(block, from, to);
    if (ports < 0) return false;
    ends.localPort = this.#port(block, ports);
    if (ends.localPort < 0) return false;
    ends.localAddress = this.#address(block, to);
    if (ends.localAddress < 0 || !this.#readRemote(block, to)) return false;
    const protocol = block.view.getInt32(ports - protocolLength);
    tail.view = block.view;
    tail.from = this.#end;
    tail.to = to;
    tail.front = ends.remoteAddress < 0 ? ~protocol : protocol;
    return true;
  }

  #readRemote(block: Block, to: number): boolean {
    const { ends } = this;
    ends.remotePort = this.#port(block, this.#end + 1);
    if (ends.remotePort < 0) return this.#readNoRemote(block);
    ends.remoteAddress = this.#address(block, to);
    return ends.remoteAddress >= 0;
  }

  #readNoRemote({ bytes }: Block): boolean {
    const at = this.#end + 1;
    this.#end = at + '*,*'.length;
    this.ends.remoteAddress = -1;
    this.ends.remotePort = 0;
    return (
      bytes[at] === star &&
      bytes[at + 1] === comma &&
      bytes[at + 2] === star &&
      bytes[at + 3] === comma
    );
  }

  /** Where the fields of the ports begin; -1 where they don't. */
  #behindProtocol({ bytes, view }: Block, from: number, to: number): number {
    if (this.#beginning.isAt(view, from, to)) return from + this.#beginning.length;
    let at = from;
    let protocol = from;
    for (let field = 0; field < fieldsBeforePorts; field++) {
      protocol = at;
      while (at < to && bytes[at] !== comma) at++;
      if (at === to) return -1;
      at += 1;
    }
    if (at - protocol !== protocolLength) return -1;
    this.#beginning.set(bytes.subarray(from, at));
    return at;
  }

  /** -1 where there is none. */
  #port({ bytes }: Block, from: number): number {
    let port = 0;
    let at = from;
    for (; at < from + mostDigits; at++) {
      const digit = (bytes[at] ?? 0) - digitZero;
      if (digit < 0 || digit > 9) break;
      port = port * 10 + digit;
    }
    if (at === from || bytes[at] !== comma || port > highestPort) return -1;
    this.#end = at;
    return port;
  }

  /** The number of the one behind the comma; -1 where there is none, or nobody knows. */
  #address(block: Block, to: number): number {
    const number = this.#addresses.find(block, this.#end + 1, to);
    this.#end = this.#addresses.end;
    return this.#end < to ? number : -1;
  }
}
