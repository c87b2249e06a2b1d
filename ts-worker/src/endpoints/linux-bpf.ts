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
import { noteClosed, toOpenSocket } from './linux-rows.ts';
import type { LinuxTable } from './linux-sock-diag.ts';
import type { Holder, OpenSocket } from './source.ts';

const IPPROTO_UDP = 17;
const IPPROTO_MPTCP = 262;
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

/** Sockets by their inode number. */
type HeldSockets = Map<number, OpenSocket>;

/** Turns records into sockets. */
class RecordReader {
  readonly #addresses = new AddressFormatter();
  readonly #names = new NamespaceNames();
  readonly #bootMoment = readBootMoment();
  readonly #allSeen = inInitialPidNamespace();
  readonly #processes = new Map<number, readonly [Holder]>();
  /** Inode numbers of MPTCP sockets: what stands in the TCP table are the sockets below them. */
  readonly #multipath = new Set<number>();

  /** One a socket, with its holders gathered. */
  held(records: Uint8Array): HeldSockets {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    const sockets = new Map<number, OpenSocket>();
    for (let at = 0; at + recordSize <= records.length; at += recordSize) {
      const pid = view.getUint32(at + offsets.pid, true);
      if (pid === 0) continue; // a process that can't be seen from our pid namespace
      const inode = view.getUint32(at + offsets.inode, true);
      const holders = this.#holdersOf(pid, view, at);
      const known = sockets.get(inode);
      const socket =
        known === undefined
          ? this.#socket(view, at, offsets, inode, view.getUint8(at + offsets.state), holders)
          : withHolder(known, holders[0]);
      if (socket !== null) sockets.set(inode, socket);
      const protocol = view.getUint16(at + offsets.protocol, true);
      if (protocol === IPPROTO_MPTCP) this.#multipath.add(inode);
    }
    return sockets;
  }

  /** The sockets that are not among the held ones. In the place of an MPTCP socket come those below
   * it, with its holders: they are in the TCP table, and the kernel's events tell of them. */
  loose(records: Uint8Array, held: HeldSockets): OpenSocket[] {
    const sockets: OpenSocket[] = [];
    const shownBelow = new Set<number>();
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + portRecordSize <= records.length; at += portRecordSize) {
      const inode = view.getUint32(at + portOffsets.inode, true);
      const isMultipath = this.#multipath.has(inode);
      if (held.has(inode) && !isMultipath) continue;
      const holders = (isMultipath && held.get(inode)?.holders) || [];
      const state = view.getUint32(at + portOffsets.state, true);
      const socket = this.#socket(view, at, portOffsets, inode, state, holders);
      if (socket === null) continue;
      sockets.push(socket);
      if (isMultipath) shownBelow.add(inode);
    }
    for (const inode of shownBelow) held.delete(inode);
    return sockets;
  }

  /** A process alone; all its sockets that nobody shares have this one list. */
  #holdersOf(pid: number, view: DataView, at: number): readonly [Holder] {
    let holders = this.#processes.get(pid);
    if (holders === undefined) {
      const started = Number(view.getBigUint64(at + offsets.started, true)) / 1e6;
      holders = [{ pid, startTime: this.#bootMoment + started }];
      this.#processes.set(pid, holders);
    }
    return holders;
  }

  #socket(
    view: DataView,
    at: number,
    ends: EndsOffsets,
    inode: number,
    state: number,
    holders: readonly Holder[],
  ): OpenSocket | null {
    const isIPv4 = view.getUint16(at + ends.family, true) === AF_INET;
    const scope = view.getUint32(at + ends.scope, true);
    const addresses = this.#addresses;
    const address = (offset: number) =>
      isIPv4 ? addresses.ipv4(view, at + offset) : addresses.ipv6(view, at + offset, scope);
    const row = {
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
    } as const;
    return toOpenSocket(row, holders, this.#allSeen);
  }
}

function withHolder(socket: OpenSocket, holder: Holder): OpenSocket {
  const { holders } = socket;
  return holders.includes(holder) ? socket : { ...socket, holders: [...holders, holder] };
}

const portsOf = ({ localPort, remotePort }: OpenSocket): number =>
  localPort * 65_536 + (remotePort ?? 0);

const sameEnds = (a: OpenSocket, b: OpenSocket): boolean =>
  a.namespace === b.namespace &&
  a.protocol === b.protocol &&
  a.localAddress === b.localAddress &&
  a.remoteAddress === b.remoteAddress;

/** Without those whose two ends a held socket already shows: it was closed between the two reads. */
function withoutShown(loose: readonly OpenSocket[], held: HeldSockets): OpenSocket[] {
  const byPorts = new Map<number, OpenSocket[]>();
  for (const socket of loose) {
    const sockets = byPorts.get(portsOf(socket));
    if (sockets === undefined) byPorts.set(portsOf(socket), [socket]);
    else sockets.push(socket);
  }
  const shown = new Set<OpenSocket>();
  for (const socket of held.values()) {
    for (const other of byPorts.get(portsOf(socket)) ?? []) {
      if (other.remotePort && sameEnds(socket, other)) shown.add(other);
    }
  }
  return loose.filter((socket) => !shown.has(socket));
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
    return { sockets: [...held.values(), ...loose], notes: noteClosed(closed) };
  }

  close(): void {
    this.#table?.close();
    this.#ports?.close();
    this.#table = null;
    this.#ports = null;
  }
}

export function createBpfTable(): BpfTable {
  return new BpfTable();
}
