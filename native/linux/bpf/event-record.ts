// The records of the event ring. The layouts are the structs of events.bpf.c; a test compares them.
// All numbers are little endian, addresses in network order. The ring holds up to a million of
// these a second, so whoever reads it in earnest picks what it needs by `offsets`.

/** enum kind. */
export const EventKind = {
  /** A TCP socket goes from one state to another. */
  State: 1,
  /** An accepted TCP socket is read for the first time, by the current process. */
  Received: 2,
  /** A UDP socket is made; it has no port yet. */
  Created: 3,
  /** A TCP or UDP socket gets the port it asked for. */
  Bound: 4,
  /** A UDP socket sends for the first time; by now it has a port. */
  Sent: 5,
  /** The last descriptor of a UDP socket, or of a TCP one that was only bound, is closed. */
  Released: 6,
  Forked: 7,
  Executed: 8,
  /** The sockets of the process are closed after this. */
  Exited: 9,
} as const;

/** What every event begins with: when, and the current process (of Forked: the child). */
export const eventOffsets = {
  time: 0, // u64, ns since boot, suspend included
  started: 8, // u64, when the process started, likewise
  kind: 16, // u32
  pid: 20, // u32, in the reader's pid namespace; 0 where it can't be seen from there
  globalPid: 24, // u32
  thread: 28, // u32, global
  uid: 32, // u32, effective
  isKernelThread: 36, // u32
  name: 40, // 16 bytes, of the process, zero-terminated
} as const;

/** State, Received, Created, Bound, Sent and Released go on with these. */
export const socketEventOffsets = {
  cookie: 56, // u64
  oldState: 64, // u8, include/net/tcp_states.h
  newState: 65, // u8
  gotFin: 66, // u8, the other end has said that it sends nothing more
  failed: 67, // u8, reset by the other end or timed out: not closed by its own process
  orphaned: 68, // u8, no process has it open any more
  netNamespace: 72, // u32, its inode number
  scope: 76, // u32, the interface the socket is bound to, 0 for none
  family: 80, // u16, 2 or 10
  protocol: 82, // u16, 6, 17 or 262 (MPTCP)
  localPort: 84, // u16
  remotePort: 86, // u16
  local: 88, // 16 bytes; an IPv4 address takes the first four
  remote: 104, // 16 bytes
} as const;

/** Forked and Executed go on with these; the path is Executed's alone. */
export const processEventOffsets = {
  parent: 56, // u32, in the reader's pid namespace
  pathLength: 60, // u32; pathSize says that the path was cut
  path: 64, // as given to execve(2): it may be relative, or a script
} as const;
export const pathSize = 256;

export interface EventProcess {
  readonly pid: number;
  readonly globalPid: number;
  readonly thread: number;
  readonly started: bigint;
  readonly uid: number;
  readonly isKernelThread: boolean;
  readonly name: string;
}

export interface SocketEvent {
  readonly kind: number;
  readonly time: bigint;
  readonly process: EventProcess;
  readonly cookie: bigint;
  readonly oldState: number;
  readonly newState: number;
  readonly gotFin: boolean;
  readonly failed: boolean;
  readonly orphaned: boolean;
  readonly netNamespace: number;
  readonly scope: number;
  readonly family: number;
  readonly protocol: number;
  readonly localPort: number;
  readonly remotePort: number;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
}

export interface ProcessEvent {
  readonly kind: number;
  readonly time: bigint;
  readonly process: EventProcess;
  /** 0 where it is not told (Exited) or can't be seen. */
  readonly parent: number;
  /** Null but for Executed. */
  readonly path: string | null;
  readonly pathIsCut: boolean;
}

export function isSocketEvent(kind: number): boolean {
  return kind <= EventKind.Released;
}

export function eventKind(view: DataView, at: number): number {
  return view.getUint32(at + eventOffsets.kind, true);
}

export function decodeSocketEvent(view: DataView, at: number): SocketEvent {
  const family = view.getUint16(at + socketEventOffsets.family, true);
  const length = family === 2 ? 4 : 16;
  return {
    kind: eventKind(view, at),
    time: view.getBigUint64(at + eventOffsets.time, true),
    process: decodeProcess(view, at),
    cookie: view.getBigUint64(at + socketEventOffsets.cookie, true),
    oldState: view.getUint8(at + socketEventOffsets.oldState),
    newState: view.getUint8(at + socketEventOffsets.newState),
    gotFin: view.getUint8(at + socketEventOffsets.gotFin) !== 0,
    failed: view.getUint8(at + socketEventOffsets.failed) !== 0,
    orphaned: view.getUint8(at + socketEventOffsets.orphaned) !== 0,
    netNamespace: view.getUint32(at + socketEventOffsets.netNamespace, true),
    scope: view.getUint32(at + socketEventOffsets.scope, true),
    family,
    protocol: view.getUint16(at + socketEventOffsets.protocol, true),
    localPort: view.getUint16(at + socketEventOffsets.localPort, true),
    remotePort: view.getUint16(at + socketEventOffsets.remotePort, true),
    local: copy(view, at + socketEventOffsets.local, length),
    remote: copy(view, at + socketEventOffsets.remote, length),
  };
}

export function decodeProcessEvent(view: DataView, at: number): ProcessEvent {
  const kind = eventKind(view, at);
  const executed = kind === EventKind.Executed;
  const length = executed ? view.getUint32(at + processEventOffsets.pathLength, true) : 0;
  return {
    kind,
    time: view.getBigUint64(at + eventOffsets.time, true),
    process: decodeProcess(view, at),
    parent: kind === EventKind.Exited ? 0 : view.getUint32(at + processEventOffsets.parent, true),
    path: executed ? text(copy(view, at + processEventOffsets.path, pathSize)) : null,
    pathIsCut: length >= pathSize,
  };
}

function decodeProcess(view: DataView, at: number): EventProcess {
  return {
    pid: view.getUint32(at + eventOffsets.pid, true),
    globalPid: view.getUint32(at + eventOffsets.globalPid, true),
    thread: view.getUint32(at + eventOffsets.thread, true),
    started: view.getBigUint64(at + eventOffsets.started, true),
    uid: view.getUint32(at + eventOffsets.uid, true),
    isKernelThread: view.getUint32(at + eventOffsets.isKernelThread, true) !== 0,
    name: text(copy(view, at + eventOffsets.name, 16)),
  };
}

/** The ring is overwritten later, so what is kept must be copied. */
function copy(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length).slice();
}

const utf8 = new TextDecoder();

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
