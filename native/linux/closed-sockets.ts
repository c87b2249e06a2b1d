// The kernel's notices of sockets that were closed (SKNLGRP_INET_*_DESTROY of linux/sock_diag.h,
// Linux 4.3): each comes with the socket's ends and cookie, but not with its process. Anybody may
// listen in their own network namespace; a socket for each other one is opened inside it (setns(2)).

import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { openNetlink, SystemCallError } from './libc.ts';
import { insideNamespace, listNetworkNamespaces, type NetworkNamespace } from './namespaces.ts';
import { DiagMessage, decodeDump, IPPROTO_UDP } from './sock-diag.ts';

const NETLINK_SOCK_DIAG = 4;
const AF_NETLINK = 16;
/** One bit for each group: TCP and UDP over IPv4, TCP and UDP over IPv6 (enum sknetlink_groups). */
const destroyGroups = 0b1111;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
/** Bytes of notices that wait for us; the kernel counts about a thousand for each. */
const roomForNotices = 8 << 20;
const INET_DIAG_MSG = 72;
const INET_DIAG_PROTOCOL = 10;

interface SocketCalls {
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Int32Array,
    n: number,
  ) => number;
}

let loaded: SocketCalls | undefined;

function calls(): SocketCalls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
      recv: library.func('intptr_t recv(int fd, void *bytes, size_t length, int flags)'),
      setsockopt: library.func('int setsockopt(int, int, int, const void *value, uint32_t)'),
    };
  }
  return loaded;
}

/** struct sockaddr_nl of netlink(7). */
function netlinkAddress(groups: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  return bytes;
}

function openNotices(): number {
  const fd = openNetlink(NETLINK_SOCK_DIAG);
  const address = netlinkAddress(destroyGroups);
  if (calls().bind(fd, address, address.length) < 0) {
    const error = new SystemCallError('bind', koffi.errno());
    closeSync(fd);
    throw error;
  }
  const room = Int32Array.of(roomForNotices);
  const forced = calls().setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, 4) === 0;
  if (!forced) calls().setsockopt(fd, SOL_SOCKET, SO_RCVBUF, room, 4); // as much as we may
  return fd;
}

/** The message tells it in an attribute (struct nlattr behind struct inet_diag_msg). */
export function protocolOf({ view, offset }: DiagMessage, end: number): number {
  for (let at = offset + INET_DIAG_MSG; at + 4 < end; ) {
    const length = view.getUint16(at, true);
    if (view.getUint16(at + 2, true) === INET_DIAG_PROTOCOL) return view.getUint8(at + 4);
    if (length < 4) break;
    at += (length + 3) & ~3;
  }
  return 0;
}

/** Given a closed socket: what the message says, its protocol, and the namespace it was in. */
export type ClosedVisitor = (message: DiagMessage, isUdp: boolean, namespace: number) => void;

export class ClosedSockets {
  readonly #sockets = new Map<number, number>();
  readonly #buffer = new Uint8Array(1 << 16);
  readonly #message = new DiagMessage();

  /** Throws SystemCallError where the kernel does not tell of closed sockets. */
  constructor() {
    const [own] = listNetworkNamespaces();
    if (own !== undefined) this.#sockets.set(own.inode, openNotices());
    this.follow();
  }

  /** Listens in namespaces that are new, and no more in those that are gone: our socket must not be
   * what keeps one. Those that can't be entered are left out. */
  follow(): void {
    const present = listNetworkNamespaces();
    for (const namespace of present) {
      if (!this.#sockets.has(namespace.inode)) this.#listenIn(namespace);
    }
    const inodes = new Set(present.map(({ inode }) => inode));
    for (const [inode, fd] of this.#sockets) {
      if (inodes.has(inode)) continue;
      closeSync(fd);
      this.#sockets.delete(inode);
    }
  }

  /** Visits what was told since the last call; true where there was no room for all of it. */
  take(visit: ClosedVisitor): boolean {
    let lost = false;
    for (const [namespace, fd] of this.#sockets)
      lost = this.#takeFrom(fd, namespace, visit) || lost;
    return lost;
  }

  close(): void {
    for (const fd of this.#sockets.values()) closeSync(fd);
    this.#sockets.clear();
  }

  #listenIn(namespace: NetworkNamespace): void {
    try {
      this.#sockets.set(namespace.inode, insideNamespace(namespace, openNotices));
    } catch {
      // No rights, or it has just gone; its sockets are seen in the tables, if at all.
    }
  }

  #takeFrom(fd: number, namespace: number, visit: ClosedVisitor): boolean {
    let lost = false;
    for (;;) {
      const length = Number(calls().recv(fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT));
      if (length > 0) {
        const bytes = this.#buffer.subarray(0, length);
        decodeDump(
          bytes,
          (message) => visit(message, protocolOf(message, length) === IPPROTO_UDP, namespace),
          this.#message,
        );
      } else if (length < 0 && koffi.errno() === koffi.os.errno.ENOBUFS) lost = true;
      else return lost;
    }
  }
}
