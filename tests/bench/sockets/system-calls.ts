// Blocking sockets as plain descriptors: socket(2), bind(2), connect(2), accept(2) through koffi.
// Node's own sockets belong to its event loop, and 50,000 of those would be most of the work.

import { closeSync } from 'node:fs';
import koffi from 'koffi';

const library = koffi.load(null);
const socket = library.func('int socket(int domain, int type, int protocol)');
const bind = library.func('int bind(int fd, const void *address, uint32_t length)');
const listen = library.func('int listen(int fd, int backlog)');
const connect = library.func('int connect(int fd, const void *address, uint32_t length)');
const accept = library.func('int accept4(int fd, void *address, void *length, int flags)');
const getsockname = library.func('int getsockname(int fd, _Out_ void *address, void *length)');
const setsockopt = library.func(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const getrlimit = library.func('int getrlimit(int resource, _Out_ void *limit)');
const setrlimit = library.func('int setrlimit(int resource, const void *limit)');

/** Linux's numbers: bits/socket.h, asm-generic/socket.h. */
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const backlog = 128;

function checked(call: string, result: number): number {
  if (result >= 0) return result;
  const codes = Object.entries(koffi.os.errno);
  const code = codes.find(([, value]) => value === koffi.errno())?.[0] ?? koffi.errno();
  throw new Error(`${call}() failed: ${code}`);
}

/** IPv4 in dotted form, or `::1`. */
export interface SocketName {
  readonly address: string;
  readonly port: number;
}

const isIPv6 = (address: string): boolean => address.includes(':');

/** struct sockaddr_in (ip(7)) and struct sockaddr_in6 (ipv6(7)). */
function encodeName({ address, port }: SocketName): Buffer {
  const bytes = Buffer.alloc(isIPv6(address) ? 28 : 16);
  bytes.writeUInt16LE(isIPv6(address) ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  if (isIPv6(address)) bytes.writeUInt8(1, 23);
  else bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

/** The port that the kernel chose; sin_port and sin6_port stand at the same place. */
function localPort(fd: number): number {
  const name = Buffer.alloc(28);
  const length = Buffer.from(Uint32Array.of(name.length).buffer);
  checked('getsockname', getsockname(fd, name, length));
  return name.readUInt16BE(2);
}

function openBound(type: number, address: string): number {
  const family = isIPv6(address) ? AF_INET6 : AF_INET;
  const fd = checked('socket', socket(family, type | SOCK_CLOEXEC, 0));
  const name = encodeName({ address, port: 0 });
  try {
    checked('bind', bind(fd, name, name.length));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export interface OpenedSocket {
  readonly fd: number;
  readonly port: number;
}

export function openListener(address: string): OpenedSocket {
  const fd = openBound(SOCK_STREAM, address);
  checked('listen', listen(fd, backlog));
  return { fd, port: localPort(fd) };
}

/** With `remote` it is a connected UDP socket, which receives from there only. */
export function openUdp(address: string, remote?: SocketName): OpenedSocket {
  const fd = openBound(SOCK_DGRAM, address);
  if (remote !== undefined) {
    const name = encodeName(remote);
    checked('connect', connect(fd, name, name.length));
  }
  return { fd, port: localPort(fd) };
}

export interface Connection {
  readonly client: OpenedSocket;
  readonly server: number;
}

/** A connection to our own listener, both ends. Closing either end resets it: no TIME_WAIT stays. */
export function openConnection(listener: number, to: SocketName): Connection {
  const client = openBound(SOCK_STREAM, to.address);
  const name = encodeName(to);
  checked('connect', connect(client, name, name.length));
  const server = checked('accept4', accept(listener, null, null, SOCK_CLOEXEC));
  const linger = Buffer.from(Int32Array.of(1, 0).buffer); // struct linger of socket(7): on, 0 s
  for (const fd of [client, server]) {
    checked('setsockopt', setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, linger.length));
  }
  return { client: { fd: client, port: localPort(client) }, server };
}

const RLIMIT_NOFILE = 7;

/** Runs `work` with a limit of `wanted` open descriptors, as far as we may raise it (getrlimit(2)),
 * and puts the old one back, since programs that are started inherit it. */
export function withDescriptorLimit<T>(wanted: number, work: (limit: number) => T): T {
  const before = new BigUint64Array(2); // struct rlimit: soft, hard
  checked('getrlimit', getrlimit(RLIMIT_NOFILE, before));
  const [soft = 0n, hard = 0n] = before;
  const most = (limit: bigint) => (limit > BigInt(wanted) ? limit : BigInt(wanted));
  const raised = setrlimit(RLIMIT_NOFILE, BigUint64Array.of(most(soft), most(hard))) === 0;
  try {
    return work(raised ? Number(most(soft)) : Number(soft));
  } finally {
    if (raised) setrlimit(RLIMIT_NOFILE, BigUint64Array.of(soft, most(hard)));
  }
}
