// NETLINK_SOCK_DIAG: the kernel's tables of TCP and UDP sockets (sock_diag(7)). Requests and answers
// are those of linux/netlink.h and linux/inet_diag.h; netlink is in host byte order, ports and
// addresses are in network order. The decoder is a pure function over bytes.

import { closeSync, readSync, writeSync } from 'node:fs';
import { openNetlink, SystemCallError } from './libc.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;

const NETLINK_SOCK_DIAG = 4;
const TCPDIAG_GETSOCK = 18;
const SOCK_DIAG_BY_FAMILY = 20;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP_INTR = 0x10;
const HEADER = 16;
const REQUEST = 56;
const OLDER_REQUEST = 60;
const INET_DIAG_MSG = 72;
const allStates = 0xffffffff;

/** Offsets in struct inet_diag_msg; `view` and `offset` are valid during the call only. */
export class DiagMessage {
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;

  get family(): number {
    return this.view.getUint8(this.offset);
  }
  get state(): number {
    return this.view.getUint8(this.offset + 1);
  }
  get localPort(): number {
    return this.view.getUint16(this.offset + 4);
  }
  get remotePort(): number {
    return this.view.getUint16(this.offset + 6);
  }
  get localAddress(): number {
    return this.offset + 8;
  }
  get remoteAddress(): number {
    return this.offset + 24;
  }
  get scope(): number {
    return this.view.getUint32(this.offset + 40, true);
  }
  /** The socket's own name, the same for its whole life: idiag_cookie, low word first. */
  get cookie(): number {
    const low = this.view.getUint32(this.offset + 44, true);
    return this.view.getUint32(this.offset + 48, true) * 0x1_0000_0000 + low;
  }
  get uid(): number {
    return this.view.getUint32(this.offset + 64, true);
  }
  /** The socket's inode number; 0 where no process can have it open. */
  get inode(): number {
    return this.view.getUint32(this.offset + 68, true);
  }
}

/** struct nlmsghdr before a request of so many bytes. */
function requestOf(type: number, size: number): Buffer {
  const request = Buffer.alloc(HEADER + size);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(type, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  return request;
}

/** struct inet_diag_req_v2 for the sockets of one family and protocol; `states` has one bit for each
 * state (include/net/tcp_states.h). */
export function dumpRequest(family: number, protocol: number, states = allStates): Buffer {
  const request = requestOf(SOCK_DIAG_BY_FAMILY, REQUEST);
  request.writeUInt8(family, HEADER);
  request.writeUInt8(protocol, HEADER + 1);
  request.writeUInt32LE(states, HEADER + 4);
  return request;
}

/** struct inet_diag_req, the older one: TCP sockets of both families. The kernel has them in one table
 * and goes over all of it for each request, so this one takes much less time than two. */
export function tcpDumpRequest(): Buffer {
  const request = requestOf(TCPDIAG_GETSOCK, OLDER_REQUEST);
  request.writeUInt32LE(allStates, HEADER + 52);
  return request;
}

export interface DumpEnd {
  readonly done: boolean;
  /** The table changed in a way that the kernel could not hide (NLM_F_DUMP_INTR). */
  readonly interrupted: boolean;
}

/** Both closing messages carry an errno: a kernel without udp_diag says so in NLMSG_DONE. */
function throwIfFailed(view: DataView, at: number, length: number): void {
  const errno = length >= HEADER + 4 ? -view.getInt32(at + HEADER, true) : 0;
  if (errno > 0) throw new SystemCallError('sock_diag', errno);
}

/** Walks one answer of the kernel; throws where it is an error or not well formed. */
export function decodeDump(
  bytes: Uint8Array,
  visit: (message: DiagMessage) => void,
  message = new DiagMessage(),
): DumpEnd {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  message.view = view;
  let interrupted = false;
  let at = 0;
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    if (length < HEADER || at + length > bytes.length) {
      throw new Error(
        `sock_diag: a message of ${length} bytes where ${bytes.length - at} are left`,
      );
    }
    interrupted ||= (view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0;
    if (type === NLMSG_DONE || type === NLMSG_ERROR) {
      throwIfFailed(view, at, length);
      return { done: true, interrupted };
    }
    const isSocket = type === SOCK_DIAG_BY_FAMILY || type === TCPDIAG_GETSOCK;
    if (isSocket && length >= HEADER + INET_DIAG_MSG) {
      message.offset = at + HEADER;
      visit(message);
    }
    at += (length + 3) & ~3;
  }
  return { done: false, interrupted };
}

/** The kernel gives at most 32 KB at once (netlink_dump of net/netlink/af_netlink.c). */
const room = 1 << 16;

/** A sock_diag socket: it stays with the network namespace in which it was opened. */
export class SockDiag {
  readonly #fd = openNetlink(NETLINK_SOCK_DIAG);
  readonly #buffer = new Uint8Array(room);

  /** Visits every socket of the family and protocol in one of the states; true where the kernel says
   * that the table was being changed under the dump in a way it could not hide. */
  dump(
    family: number,
    protocol: number,
    visit: (message: DiagMessage) => void,
    states = allStates,
  ): boolean {
    const message = new DiagMessage();
    return this.ask(dumpRequest(family, protocol, states), (bytes) =>
      decodeDump(bytes, visit, message),
    );
  }

  /** Hands on the answers to a request, of which the last says that it is the end. The bytes are valid
   * during the call only. True as above. */
  ask(request: Uint8Array, take: (bytes: Uint8Array) => DumpEnd): boolean {
    writeSync(this.#fd, request);
    let interrupted = false;
    for (;;) {
      const length = readSync(this.#fd, this.#buffer);
      const end = take(this.#buffer.subarray(0, length));
      interrupted ||= end.interrupted;
      if (end.done) return interrupted;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}
