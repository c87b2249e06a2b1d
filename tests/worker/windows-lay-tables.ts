// Lays Windows structures by hand, field after field as C would, with no look at the product's own
// offsets. The bytes pretend to lie at `base` in the memory of a 64-bit process.

import { FilledBuffer } from '../../native/windows/bytes.ts';
import { parseAddress } from '../../ts-worker/src/model/address.ts';

export const base = 0x7ff6_1234_0000n;

export class Layer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  u8(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }
  u16(value: number): this {
    return this.u8(value & 0xff, (value >>> 8) & 0xff);
  }
  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }
  u64(value: bigint): this {
    return this.u32(Number(value & 0xffff_ffffn)).u32(Number(value >> 32n));
  }
  zeros(count: number): this {
    return this.u8(...new Array<number>(count).fill(0));
  }
  align(size: number): this {
    return this.zeros((size - (this.length % size)) % size);
  }
  /** In network order in the low half of a DWORD; the high half holds rubbish. */
  port(value: number): this {
    return this.u8(value >>> 8, value & 0xff, 0xde, 0xad);
  }
  address(text: string): this {
    return this.u8(...(parseAddress(text) ?? []));
  }
  text(text: string): this {
    for (let i = 0; i < text.length; i++) this.u16(text.charCodeAt(i));
    return this;
  }
  add(other: Layer): this {
    for (const byte of other.#bytes) this.#bytes.push(byte);
    return this;
  }

  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
  toFilled(what = 'A table laid by hand'): FilledBuffer {
    return new FilledBuffer(what, this.toBytes(), base);
  }
}

export interface Row {
  readonly state?: number;
  readonly local?: string;
  readonly localScope?: number;
  readonly localPort?: number;
  readonly remote?: string;
  readonly remoteScope?: number;
  readonly remotePort?: number;
  readonly pid?: number;
  /** The first of OwningModuleInfo's sixteen numbers. */
  readonly module?: bigint;
}

/** liCreateTimestamp, and OwningModuleInfo behind it (behind dwFlags, where it is a UDP row). */
function laidModule(row: Layer, { module = 0n }: Row, isUdp: boolean): Layer {
  row.align(8).u64(133_000_000_000_000_000n);
  if (isUdp) row.u32(1).align(8);
  return row.u64(module).zeros(15 * 8);
}

function tcp4({ state = 5, local = '10.0.0.1', localPort = 80, ...row }: Row): Layer {
  const laid = new Layer().u32(state).address(local).port(localPort);
  return laid
    .address(row.remote ?? '0.0.0.0')
    .port(row.remotePort ?? 0)
    .u32(row.pid ?? 0);
}

function tcp6({ state = 5, local = '::1', localPort = 80, ...row }: Row): Layer {
  const laid = new Layer()
    .address(local)
    .u32(row.localScope ?? 0)
    .port(localPort);
  laid
    .address(row.remote ?? '::')
    .u32(row.remoteScope ?? 0)
    .port(row.remotePort ?? 0);
  return laid.u32(state).u32(row.pid ?? 0);
}

const udp4 = ({ local = '0.0.0.0', localPort = 53, pid = 0 }: Row): Layer =>
  new Layer().address(local).port(localPort).u32(pid);

const udp6 = ({ local = '::', localScope = 0, localPort = 53, pid = 0 }: Row): Layer =>
  new Layer().address(local).u32(localScope).port(localPort).u32(pid);

type Lay = (row: Row) => Layer;
const withModule =
  (lay: Lay, isUdp: boolean): Lay =>
  (row) =>
    laidModule(lay(row), row, isUdp);
const withOffload =
  (lay: Lay): Lay =>
  (row) =>
    lay(row).u32(0); // dwOffloadState

/** How each structure is laid, and the alignment of its table. */
const structs: Readonly<Record<string, { lay: Lay; align: number }>> = {
  MIB_TCPROW_OWNER_PID: { lay: tcp4, align: 4 },
  MIB_TCP6ROW_OWNER_PID: { lay: tcp6, align: 4 },
  MIB_UDPROW_OWNER_PID: { lay: udp4, align: 4 },
  MIB_UDP6ROW_OWNER_PID: { lay: udp6, align: 4 },
  MIB_TCPROW_OWNER_MODULE: { lay: withModule(tcp4, false), align: 8 },
  MIB_TCP6ROW_OWNER_MODULE: { lay: withModule(tcp6, false), align: 8 },
  MIB_UDPROW_OWNER_MODULE: { lay: withModule(udp4, true), align: 8 },
  MIB_UDP6ROW_OWNER_MODULE: { lay: withModule(udp6, true), align: 8 },
  MIB_TCPROW2: { lay: withOffload(tcp4), align: 4 },
  MIB_TCP6ROW2: { lay: withOffload(tcp6), align: 4 },
};

/** A table of rows of the structure; `count` may lie about how many there are. */
export function layTable(struct: string, rows: readonly Row[], count = rows.length): Layer {
  const known = structs[struct];
  if (known === undefined) throw new Error(`No structure ${struct} is known here.`);
  const table = new Layer().u32(count).align(known.align);
  for (const row of rows) table.add(known.lay(row));
  return table;
}
