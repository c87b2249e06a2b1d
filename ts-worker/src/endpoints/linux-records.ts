// From the records that the BPF programs write to sockets in columns. Two walks write them: one over the
// files of all processes, which gives sockets with their holders, and one over the port tables, which
// gives the sockets that the first did not meet.

import { readBootMoment } from '../../../native/linux/boot-clock.ts';
import { firstName, portOffsets, portRecordSize } from '../../../native/linux/bpf/port-record.ts';
import { offsets, recordSize } from '../../../native/linux/bpf/socket-record.ts';
import { inInitialPidNamespace } from '../../../native/linux/namespaces.ts';
import { LinuxAddresses } from './linux-addresses.ts';
import { LinuxHolders } from './linux-holders.ts';
import { LinuxKinds } from './linux-kinds.ts';
import { hasRemote } from './linux-rows.ts';
import { RowsByCookie } from './rows-by-cookie.ts';
import { heldByNobody, heldUnseen, SocketColumns } from './socket-columns.ts';

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

/** Cookies and nanoseconds since boot stay far below 2^53. */
const u64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

const viewOf = (records: Uint8Array): DataView =>
  new DataView(records.buffer, records.byteOffset, records.length);

function addTo(lists: Map<number, number[]>, key: number, row: number): void {
  const rows = lists.get(key);
  if (rows === undefined) lists.set(key, [row]);
  else rows.push(row);
}

/** Gathers the records of one read of the tables. */
export class SocketRecords {
  /** What is known so far. */
  readonly columns = new SocketColumns();
  readonly #rows = new RowsByCookie(this.columns);
  readonly #kinds = new LinuxKinds(this.columns);
  readonly #local = new LinuxAddresses(this.columns);
  readonly #remote = new LinuxAddresses(this.columns);
  readonly #bootMoment = readBootMoment();
  readonly #holders = new LinuxHolders(
    this.columns,
    (view, at) => this.#bootMoment + u64(view, at + offsets.started) / 1e6,
  );
  /** What no process holds that we can see is held by nobody where we see all. */
  readonly #unheld = inInitialPidNamespace() ? heldByNobody : heldUnseen;
  /** Rows, by inode number, of sockets that have a file, which the walk over files had not met. Below an
   * MPTCP socket there are several with its number. */
  readonly #open = new Map<number, number[]>();
  /** Rows of MPTCP sockets by inode number: what stands in the TCP table are the sockets below them. */
  readonly #multipath = new Map<number, number>();
  readonly #dropped = new Set<number>();
  /** Rows of what no file stands behind and has no cookie, such as TIME_WAIT. */
  readonly #nameless: number[] = [];

  /** Records of the walk over files. */
  addHeld(records: Uint8Array): void {
    const view = viewOf(records);
    for (let at = 0; at + recordSize <= records.length; at += recordSize) {
      this.#addHolder(view, at, u64(view, at + offsets.cookie));
    }
  }

  /** Records of a second walk over files: holders of sockets with these inode numbers. Those below an
   * MPTCP socket are no files themselves, and have the number of the one above. */
  addMissed(records: Uint8Array, wanted: ReadonlySet<number>): void {
    const view = viewOf(records);
    for (let at = 0; at + recordSize <= records.length; at += recordSize) {
      const inode = view.getUint32(at + offsets.inode, true);
      if (!wanted.has(inode)) continue;
      for (const row of this.#open.get(inode) ?? []) this.#hold(view, at, row);
    }
  }

  /** Records of the walk over the port tables. What is below an MPTCP socket has its holders. One that is
   * known already was told twice, or closed between the walks. */
  addLoose(records: Uint8Array): void {
    const view = viewOf(records);
    for (let at = 0; at + portRecordSize <= records.length; at += portRecordSize) {
      if (this.#rows.get(u64(view, at + portOffsets.cookie)) < 0) this.#addLoose(view, at);
    }
  }

  /** Inode numbers of sockets that have a file and no holder: opened after the walk over
   * files went by, in flight between two processes, or kept open by the kernel itself (io_uring). */
  get unexplained(): Set<number> {
    const { holders } = this.columns;
    const isHeld = (row: number): boolean => (holders[row] ?? 0) > heldUnseen;
    const open = [...this.#open].filter(([, rows]) => !rows.every(isHeld));
    return new Set(open.map(([inode]) => inode));
  }

  /** All sockets, when no more records come. */
  all(): SocketColumns {
    if (this.#nameless.length > 0) this.#dropEnded();
    const dropped = [...this.#dropped].sort((a, b) => b - a);
    for (const row of dropped) this.columns.remove(row);
    const { cookie, length } = this.columns;
    for (let row = 0; row < length; row++) if ((cookie[row] ?? 0) >= firstName) cookie[row] = 0;
    return this.columns;
  }

  /** A connection that ended between the walks and has no cookie was told by both: the kernel keeps of it
   * something else, at another address. It stays what the first walk saw. */
  #dropEnded(): void {
    const byPorts = new Map<number, number[]>();
    for (const row of this.#nameless) addTo(byPorts, this.#portsOf(row), row);
    const { holders, length } = this.columns;
    for (let row = 0; row < length; row++) {
      if ((holders[row] ?? 0) <= heldUnseen) continue;
      for (const other of byPorts.get(this.#portsOf(row)) ?? []) {
        if (this.#areSameEnds(row, other)) this.#dropped.add(other);
      }
    }
  }

  #portsOf(row: number): number {
    const { localPort, remotePort } = this.columns;
    return (localPort[row] ?? 0) * 65_536 + (remotePort[row] ?? 0);
  }

  #areSameEnds(a: number, b: number): boolean {
    const { kinds, kind, localAddress, remoteAddress } = this.columns;
    const [one, other] = [kinds[kind[a] ?? 0], kinds[kind[b] ?? 0]];
    return (
      localAddress[a] === localAddress[b] &&
      remoteAddress[a] === remoteAddress[b] &&
      one?.namespace === other?.namespace &&
      one?.protocol === other?.protocol
    );
  }

  #addHolder(view: DataView, at: number, cookie: number): void {
    if (view.getUint32(at + offsets.pid, true) === 0) return; // not to be seen from our pid namespace
    const known = this.#rows.get(cookie);
    const row = known < 0 ? this.#addHeld(view, at) : known;
    if (row >= 0) this.#hold(view, at, row);
  }

  /** -1 as in #addRow(). */
  #addHeld(view: DataView, at: number): number {
    const row = this.#addRow(view, at, offsets, view.getUint8(at + offsets.state));
    if (row < 0) return row;
    this.columns.holders[row] = heldUnseen;
    if (view.getUint16(at + offsets.protocol, true) === IPPROTO_MPTCP) {
      this.#multipath.set(view.getUint32(at + offsets.inode, true), row);
    }
    return row;
  }

  /** The process of a record holds the socket of a row, too. */
  #hold(view: DataView, at: number, row: number): void {
    const pid = view.getUint32(at + offsets.pid, true);
    if (pid === 0) return;
    const { holders } = this.columns;
    holders[row] = this.#holders.with(holders[row] ?? heldUnseen, pid, view, at);
  }

  /** In the place of an MPTCP socket come those below it: they are in the TCP table, and the kernel's
   * events tell of them. */
  #addLoose(view: DataView, at: number): void {
    const state = view.getUint32(at + portOffsets.state, true);
    const row = this.#addRow(view, at, portOffsets, state);
    if (row < 0) return;
    const inode = view.getUint32(at + portOffsets.inode, true);
    const { holders } = this.columns;
    holders[row] = inode === 0 ? heldByNobody : this.#unheld;
    if (inode !== 0) addTo(this.#open, inode, row);
    else if ((this.columns.cookie[row] ?? 0) >= firstName) this.#nameless.push(row);
    const above = this.#multipath.get(inode);
    if (above === undefined) return;
    holders[row] = holders[above] ?? heldUnseen;
    this.#dropped.add(above);
  }

  /** Fills in all but the holders. -1 for a socket without a local port: it is in no table any more. */
  #addRow(view: DataView, at: number, ends: EndsOffsets, state: number): number {
    const localPort = view.getUint16(at + ends.localPort, true);
    if (localPort === 0) return -1;
    const { columns } = this;
    const row = columns.add();
    const isIPv4 = view.getUint16(at + ends.family, true) === AF_INET;
    const isUdp = view.getUint16(at + ends.protocol, true) === IPPROTO_UDP;
    const scope = view.getUint32(at + ends.scope, true);
    const remotePort = view.getUint16(at + ends.remotePort, true);
    const isConnected = hasRemote(isUdp ? 'UDP' : 'TCP', state, remotePort);
    const namespace = view.getUint32(at + ends.netNamespace, true);
    columns.kind[row] = this.#kinds.of(namespace, state, isUdp, isIPv4);
    columns.cookie[row] = u64(view, at + ends.cookie);
    columns.localAddress[row] = this.#local.of(view, at + ends.local, isIPv4, scope);
    columns.localPort[row] = localPort;
    columns.remoteAddress[row] = isConnected
      ? this.#remote.of(view, at + ends.remote, isIPv4, scope)
      : 0;
    columns.remotePort[row] = isConnected ? remotePort : 0;
    this.#rows.add(row);
    return row;
  }
}
