// From the records that the BPF programs write to sockets. Two walks write them: one over the files
// of all processes, which gives sockets with their holders, and one over the port tables, which
// gives the sockets that the first did not meet.

import { readBootMoment } from '../../../native/linux/boot-clock.ts';
import { portOffsets, portRecordSize } from '../../../native/linux/bpf/port-tables.ts';
import { offsets, recordSize } from '../../../native/linux/bpf/socket-record.ts';
import { inInitialPidNamespace } from '../../../native/linux/namespaces.ts';
import { AddressFormatter } from '../model/address.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { toOpenSocket } from './linux-rows.ts';
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

/** A process alone; all its sockets that nobody shares have this one list. */
type OneHolder = readonly [Holder];

/** Cookies and nanoseconds since boot stay far below 2^53. */
const u64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

function withHolder(socket: OpenSocket, holder: Holder): OpenSocket {
  const { holders } = socket;
  return holders.includes(holder) ? socket : { ...socket, holders: [...holders, holder] };
}

/** Gathers the records of one read of the tables. */
export class SocketRecords {
  readonly #addresses = new AddressFormatter();
  readonly #names = new NamespaceNames();
  readonly #bootMoment = readBootMoment();
  readonly #allSeen = inInitialPidNamespace();
  readonly #processes = new Map<number, OneHolder>();
  /** By inode number. */
  readonly #held = new Map<number, OpenSocket>();
  readonly #loose: { readonly inode: number; readonly socket: OpenSocket }[] = [];
  /** Inode numbers of MPTCP sockets: what stands in the TCP table are the sockets below them. */
  readonly #multipath = new Set<number>();
  /** Records come process by process. */
  #last: OneHolder | null = null;

  /** The sockets that processes hold, each once, with its holders gathered. */
  get held(): OpenSocket[] {
    return [...this.#held.values()];
  }

  /** Records of the walk over files; of sockets with these inode numbers, where they are given. */
  addHeld(records: Uint8Array, wanted?: ReadonlyMap<number, unknown>): void {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + recordSize <= records.length; at += recordSize) {
      const inode = view.getUint32(at + offsets.inode, true);
      if (wanted === undefined || wanted.has(inode)) this.#addHolder(view, at, inode);
    }
  }

  /** Records of the walk over the port tables. What is below an MPTCP socket has its holders. */
  addLoose(records: Uint8Array): void {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + portRecordSize <= records.length; at += portRecordSize) {
      const inode = view.getUint32(at + portOffsets.inode, true);
      const holders = (this.#multipath.has(inode) && this.#held.get(inode)?.holders) || [];
      const state = view.getUint32(at + portOffsets.state, true);
      const socket = this.#socket(view, at, portOffsets, inode, state, holders);
      if (socket !== null) this.#loose.push({ inode, socket });
    }
  }

  /** Cookies, by inode number, of sockets that have a file and no holder: opened after the walk over
   * files went by, in flight between two processes, or kept open by the kernel itself (io_uring). */
  get unexplained(): Map<number, number | null> {
    const open = this.#loose.filter(({ inode }) => inode !== 0 && !this.#held.has(inode));
    return new Map(open.map(({ inode, socket }) => [inode, socket.cookie]));
  }

  /** All sockets. A loose one that is held, too, was told twice or closed between the walks. In the
   * place of an MPTCP socket come those below it: they are in the TCP table, and the kernel's events
   * tell of them. */
  all(): OpenSocket[] {
    const loose = new Map(this.#loose.map(({ socket }) => [socket.cookie ?? socket, socket]));
    for (const { cookie } of this.#held.values()) if (cookie !== null) loose.delete(cookie);
    for (const { inode } of this.#loose) if (this.#multipath.has(inode)) this.#held.delete(inode);
    return [...this.#held.values(), ...loose.values()];
  }

  #addHolder(view: DataView, at: number, inode: number): void {
    const pid = view.getUint32(at + offsets.pid, true);
    if (pid === 0) return; // a process that can't be seen from our pid namespace
    const holders = this.#holdersOf(pid, view, at);
    const known = this.#held.get(inode);
    const socket =
      known === undefined
        ? this.#socket(view, at, offsets, inode, view.getUint8(at + offsets.state), holders)
        : withHolder(known, holders[0]);
    if (socket !== null && socket !== known) this.#held.set(inode, socket);
    const protocol = view.getUint16(at + offsets.protocol, true);
    if (protocol === IPPROTO_MPTCP) this.#multipath.add(inode);
  }

  #holdersOf(pid: number, view: DataView, at: number): OneHolder {
    if (this.#last?.[0].pid === pid) return this.#last;
    let holders = this.#processes.get(pid);
    if (holders === undefined) {
      const startTime = this.#bootMoment + u64(view, at + offsets.started) / 1e6;
      holders = [{ pid, startTime }];
      this.#processes.set(pid, holders);
    }
    this.#last = holders;
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
      cookie: u64(view, at + ends.cookie) || null,
    } as const;
    return toOpenSocket(row, holders, this.#allSeen);
  }
}
