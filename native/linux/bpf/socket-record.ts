// One record of the table: one process that holds one socket. The layout is struct socket_record
// of table.bpf.c; a test compares the two. Decoding all of a large table record by record into
// objects is slower than reading it, so whoever is in a hurry reads by `offsets`.

export const recordSize = 88;

/** Byte offsets in a record; all numbers little endian, addresses in network order. */
export const offsets = {
  started: 0, // u64
  cookie: 8, // u64
  inode: 16, // u64
  pid: 24, // u32
  fd: 28, // u32
  uid: 32, // u32
  state: 36, // u8
  ipv6Only: 37, // u8
  netNamespace: 40, // u32
  scope: 44, // u32
  family: 48, // u16
  protocol: 50, // u16
  localPort: 52, // u16
  remotePort: 54, // u16
  local: 56, // 16 bytes; an IPv4 address takes the first four
  remote: 72, // 16 bytes
} as const;

export interface SocketRecord {
  /** When the holder started, in nanoseconds since boot (suspend included). */
  readonly started: bigint;
  /** Names this socket for as long as the machine runs. */
  readonly cookie: bigint;
  readonly inode: number;
  /** As seen in the reader's pid namespace; 0 where the process can't be seen from there. */
  readonly pid: number;
  readonly fd: number;
  /** The holder's effective user. */
  readonly uid: number;
  /** include/net/tcp_states.h; UDP has 7, and 1 when connected. */
  readonly state: number;
  readonly ipv6Only: boolean;
  /** Inode number of the network namespace. */
  readonly netNamespace: number;
  /** Index of the interface the socket is bound to; 0 for none. */
  readonly scope: number;
  /** 2 or 10: AF_INET, AF_INET6. */
  readonly family: number;
  /** 6, 17 or 262: IPPROTO_TCP, IPPROTO_UDP, IPPROTO_MPTCP. */
  readonly protocol: number;
  readonly localPort: number;
  readonly remotePort: number;
  /** 4 or 16 bytes, by the family; a view into the record. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
}

export function decodeSocketRecord(view: DataView, at: number): SocketRecord {
  const family = view.getUint16(at + offsets.family, true);
  const length = family === 2 ? 4 : 16;
  const address = (offset: number) =>
    new Uint8Array(view.buffer, view.byteOffset + at + offset, length);
  return {
    started: view.getBigUint64(at + offsets.started, true),
    cookie: view.getBigUint64(at + offsets.cookie, true),
    inode: Number(view.getBigUint64(at + offsets.inode, true)),
    pid: view.getUint32(at + offsets.pid, true),
    fd: view.getUint32(at + offsets.fd, true),
    uid: view.getUint32(at + offsets.uid, true),
    state: view.getUint8(at + offsets.state),
    ipv6Only: view.getUint8(at + offsets.ipv6Only) !== 0,
    netNamespace: view.getUint32(at + offsets.netNamespace, true),
    scope: view.getUint32(at + offsets.scope, true),
    family,
    protocol: view.getUint16(at + offsets.protocol, true),
    localPort: view.getUint16(at + offsets.localPort, true),
    remotePort: view.getUint16(at + offsets.remotePort, true),
    local: address(offsets.local),
    remote: address(offsets.remote),
  };
}

/** All records of one read. */
export function decodeSocketRecords(records: Uint8Array): SocketRecord[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const count = Math.floor(records.length / recordSize);
  return Array.from({ length: count }, (_, index) => decodeSocketRecord(view, index * recordSize));
}
