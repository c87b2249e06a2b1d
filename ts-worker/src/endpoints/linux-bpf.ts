// The best way: BPF iterators. One gives every socket of every network namespace with every holder.
// What no process holds (TIME_WAIT, half-open, orphans, not yet accepted) comes from the tables of each
// namespace; those are read first, so that a socket opened in between still comes with its holder.

import { readBootMoment } from '../../../native/linux/boot-clock.ts';
import { PortTables, portOffsets, portRecordSize } from '../../../native/linux/bpf/port-tables.ts';
import { offsets, recordSize } from '../../../native/linux/bpf/socket-record.ts';
import {
  openSocketTable,
  type SocketTableProgram,
} from '../../../native/linux/bpf/socket-table.ts';
import { inInitialPidNamespace, listNetworkNamespaces } from '../../../native/linux/namespaces.ts';
import { AddressFormatter } from '../model/address.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { type KernelRow, noteClosed, toOpenSocket } from './linux-rows.ts';
import type { LinuxTable } from './linux-sock-diag.ts';
import type { Holder, OpenSocket } from './source.ts';

const IPPROTO_UDP = 17;
const AF_INET = 2;

/** Where the two kinds of record keep what they share (struct socket_ends of socket.h). */
interface EndsOffsets {
  readonly cookie: number;
  readonly netNamespace: number;
  readonly scope: number;
  readonly family: number;
  readonly protocol: number;
  readonly localPort: number;
  readonly remotePort: number;
  readonly local: number;
  readonly remote: number;
}

interface HeldSocket {
  readonly row: KernelRow;
  readonly holders: Holder[];
}

/** Turns records into rows. */
class RecordReader {
  readonly #addresses = new AddressFormatter();
  readonly #names = new NamespaceNames();
  readonly #bootMoment = readBootMoment();
  readonly #holders = new Map<number, Holder>();

  /** One row a socket, by its inode number, with its holders gathered. */
  held(records: Uint8Array): Map<number, HeldSocket> {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    const sockets = new Map<number, HeldSocket>();
    for (let at = 0; at + recordSize <= records.length; at += recordSize) {
      const pid = view.getUint32(at + offsets.pid, true);
      if (pid === 0) continue; // a process that can't be seen from our pid namespace
      const inode = view.getUint32(at + offsets.inode, true);
      const holder = this.#holderOf(pid, view, at);
      const known = sockets.get(inode);
      if (known === undefined) {
        const row = this.#row(view, at, offsets, inode, view.getUint8(at + offsets.state));
        sockets.set(inode, { row, holders: [holder] });
      } else if (!known.holders.includes(holder)) known.holders.push(holder);
    }
    return sockets;
  }

  /** The rows of sockets that are not among the held ones. */
  loose(records: Uint8Array, held: ReadonlyMap<number, HeldSocket>): KernelRow[] {
    const rows: KernelRow[] = [];
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + portRecordSize <= records.length; at += portRecordSize) {
      const inode = view.getUint32(at + portOffsets.inode, true);
      if (held.has(inode)) continue;
      const state = view.getUint32(at + portOffsets.state, true);
      rows.push(this.#row(view, at, portOffsets, inode, state));
    }
    return rows;
  }

  #holderOf(pid: number, view: DataView, at: number): Holder {
    let holder = this.#holders.get(pid);
    if (holder === undefined) {
      const started = Number(view.getBigUint64(at + offsets.started, true)) / 1e6;
      holder = { pid, startTime: this.#bootMoment + started };
      this.#holders.set(pid, holder);
    }
    return holder;
  }

  #row(view: DataView, at: number, ends: EndsOffsets, inode: number, state: number): KernelRow {
    const isIPv4 = view.getUint16(at + ends.family, true) === AF_INET;
    const scope = view.getUint32(at + ends.scope, true);
    const addresses = this.#addresses;
    const address = (offset: number) =>
      isIPv4 ? addresses.ipv4(view, at + offset) : addresses.ipv6(view, at + offset, scope);
    return {
      protocol: view.getUint16(at + ends.protocol, true) === IPPROTO_UDP ? 'UDP' : 'TCP',
      family: isIPv4 ? 'IPv4' : 'IPv6',
      state,
      localAddress: address(ends.local),
      localPort: view.getUint16(at + ends.localPort, true),
      remoteAddress: address(ends.remote),
      remotePort: view.getUint16(at + ends.remotePort, true),
      inode,
      namespace: this.#names.of(view.getUint32(at + ends.netNamespace, true)),
      cookie: Number(view.getBigUint64(at + ends.cookie, true)) || null,
    };
  }
}

const portsOf = ({ localPort, remotePort }: KernelRow): number => localPort * 65_536 + remotePort;

const sameEnds = (a: KernelRow, b: KernelRow): boolean =>
  a.namespace === b.namespace &&
  a.protocol === b.protocol &&
  a.localAddress === b.localAddress &&
  a.remoteAddress === b.remoteAddress;

/** Without those whose two ends a held socket already shows: it was closed between the two reads. */
function withoutShown(loose: readonly KernelRow[], held: ReadonlyMap<number, HeldSocket>) {
  const byPorts = new Map<number, KernelRow[]>();
  for (const row of loose) {
    const rows = byPorts.get(portsOf(row));
    if (rows === undefined) byPorts.set(portsOf(row), [row]);
    else rows.push(row);
  }
  const shown = new Set<KernelRow>();
  for (const { row } of held.values()) {
    for (const other of byPorts.get(portsOf(row)) ?? []) {
      if (other.remotePort !== 0 && sameEnds(row, other)) shown.add(other);
    }
  }
  return loose.filter((row) => !shown.has(row));
}

class BpfTable {
  readonly name = 'Bpf';
  #table: SocketTableProgram | null = null;
  #ports: PortTables | null = null;

  read(): LinuxTable {
    this.#table ??= openSocketTable();
    this.#ports ??= new PortTables();
    const closed: string[] = [];
    const ports = this.#ports.read(listNetworkNamespaces(), (_, error) => {
      closed.push(error instanceof Error ? error.message : String(error));
    });
    const reader = new RecordReader();
    const held = reader.held(this.#table.read());
    const loose = withoutShown(reader.loose(ports, held), held);
    return { sockets: toSockets(held, loose), notes: noteClosed(closed) };
  }

  close(): void {
    this.#table?.close();
    this.#ports?.close();
    this.#table = null;
    this.#ports = null;
  }
}

function toSockets(held: ReadonlyMap<number, HeldSocket>, loose: readonly KernelRow[]) {
  const allSeen = inInitialPidNamespace();
  const sockets: OpenSocket[] = [];
  const add = (row: KernelRow, holders: readonly Holder[]) => {
    const socket = toOpenSocket(row, holders, allSeen);
    if (socket !== null) sockets.push(socket);
  };
  for (const { row, holders } of held.values()) add(row, holders);
  for (const row of loose) add(row, []);
  return sockets;
}

export function createBpfTable(): BpfTable {
  return new BpfTable();
}
