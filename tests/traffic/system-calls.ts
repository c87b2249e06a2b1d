// Blocking sockets, the quickest way for one process to make many connections: socket(2), bind(2),
// connect(2), accept(2), and so on through koffi.

import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { formatIPv4, formatIPv6, parseAddress } from '../../ts-worker/src/model/address.ts';

const library = koffi.load(null);
const socket = library.func('int socket(int domain, int type, int protocol)');
const bind = library.func('int bind(int fd, const void *address, uint32_t length)');
const listen = library.func('int listen(int fd, int backlog)');
const connect = library.func('int connect(int fd, const void *address, uint32_t length)');
const accept = library.func('int accept4(int fd, _Out_ void *address, _Inout_ void *length, int)');
const getsockname = library.func('int getsockname(int fd, _Out_ void *address, void *length)');
const setsockopt = library.func(
  'int setsockopt(int fd, int level, int name, void *value, uint32_t)',
);
const send = library.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)');
const recv = library.func('intptr_t recv(int fd, _Out_ void *bytes, size_t length, int flags)');
const sendto = library.func(
  'intptr_t sendto(int fd, const void *bytes, size_t length, int, const void *address, uint32_t)',
);

/** Linux's numbers: bits/socket.h, asm-generic/socket.h, linux/in6.h. */
const AF_INET = 2;
const AF_INET6 = 10;
export const stream = 1;
export const datagram = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_LINGER = 13;
const SO_REUSEPORT = 15;
const SO_RCVTIMEO = 20;
const MSG_NOSIGNAL = 0x4000;
const backlog = 4096;

export interface Name {
  readonly address: string;
  readonly port: number;
}

export class SystemCallFailed extends Error {
  readonly code: string;

  constructor(call: string) {
    const errno = koffi.errno();
    const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0];
    super(`${call}() failed: ${code ?? errno}`);
    this.code = code ?? String(errno);
  }
}

function checked(call: string, result: number | bigint): number {
  if (Number(result) >= 0) return Number(result);
  throw new SystemCallFailed(call);
}

/** struct sockaddr_in (ip(7)) or struct sockaddr_in6 (ipv6(7)). */
function encode({ address, port }: Name): Buffer {
  const bytes = parseAddress(address);
  if (bytes === null) throw new RangeError(`${address} is no address`);
  const isIPv4 = bytes.length === 4;
  const name = Buffer.alloc(isIPv4 ? 16 : 28);
  name.writeUInt16LE(isIPv4 ? AF_INET : AF_INET6, 0);
  name.writeUInt16BE(port, 2);
  name.set(bytes, isIPv4 ? 4 : 8);
  return name;
}

function decode(name: Buffer): Name {
  const isIPv4 = name.readUInt16LE(0) === AF_INET;
  const address = isIPv4 ? formatIPv4(name, 4) : formatIPv6(name, 8);
  return { address, port: name.readUInt16BE(2) };
}

const nameBuffer = Buffer.alloc(28);
const lengthBuffer = new Uint32Array(1);

export function nameOf(fd: number): Name {
  lengthBuffer[0] = nameBuffer.length;
  checked('getsockname', getsockname(fd, nameBuffer, lengthBuffer));
  return decode(nameBuffer);
}

function setNumber(fd: number, option: number, ...numbers: readonly number[]): void {
  const value = Buffer.from(Int32Array.from(numbers).buffer);
  checked('setsockopt', setsockopt(fd, SOL_SOCKET, option, value, value.length));
}

export function open(kind: number, address: string): number {
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  return checked('socket', socket(family, kind | SOCK_CLOEXEC, 0));
}

export function bindTo(fd: number, name: Name): void {
  const bytes = encode(name);
  checked('bind', bind(fd, bytes, bytes.length));
}

/** A receive or an accept gives up after a tenth of a second. */
export function giveUpSoon(fd: number): void {
  const time = new BigInt64Array([0n, 100_000n]); // struct timeval
  checked('setsockopt', setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, Buffer.from(time.buffer), 16));
}

export function openListener(name: Name, sharesPort = false): number {
  const fd = open(stream, name.address);
  setNumber(fd, SO_REUSEADDR, 1);
  if (sharesPort) setNumber(fd, SO_REUSEPORT, 1);
  bindTo(fd, name);
  checked('listen', listen(fd, backlog));
  return fd;
}

export interface Accepted {
  readonly fd: number;
  readonly remote: Name;
}

/** Null where nobody came for a while. */
export function acceptOne(listener: number): Accepted | null {
  lengthBuffer[0] = nameBuffer.length;
  const fd = Number(accept(listener, nameBuffer, lengthBuffer, SOCK_CLOEXEC));
  if (fd >= 0) return { fd, remote: decode(nameBuffer) };
  const error = new SystemCallFailed('accept4');
  if (error.code === 'EAGAIN' || error.code === 'EINTR') return null;
  throw error;
}

/** False where the connection was refused. */
export function connectTo(fd: number, name: Name): boolean {
  const bytes = encode(name);
  if (Number(connect(fd, bytes, bytes.length)) >= 0) return true;
  const error = new SystemCallFailed('connect');
  if (error.code === 'ECONNREFUSED') return false;
  throw error;
}

const letter = Buffer.from('x');

export function sendLetter(fd: number): void {
  send(fd, letter, 1, MSG_NOSIGNAL);
}

export function sendLetterTo(fd: number, name: Name): void {
  const bytes = encode(name);
  checked('sendto', sendto(fd, letter, 1, MSG_NOSIGNAL, bytes, bytes.length));
}

const received = Buffer.alloc(16);

/** Waits for something to come, or for the end. */
export function receive(fd: number): void {
  recv(fd, received, received.length, 0);
}

/** close(2) will reset the connection: struct linger of socket(7), on and 0 seconds. */
export function resetAtClose(fd: number): void {
  setNumber(fd, SO_LINGER, 1, 0);
}

export const close = closeSync;
