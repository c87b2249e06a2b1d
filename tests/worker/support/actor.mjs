// A process that opens sockets as a test tells it, call by call, and holds them until its input
// closes. It makes the system's own calls, since Node hides most states of a socket. Plain
// JavaScript: it is started as it is, often inside a network namespace or as another user.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const libc = koffi.load(null);
const call = (declaration) => {
  const work = libc.func(declaration);
  return (...args) => {
    const result = work(...args);
    if (result >= 0) return result;
    const name = Object.entries(koffi.os.errno).find(([, value]) => value === koffi.errno())?.[0];
    throw new Error(`${declaration}: ${name}`);
  };
};

const system = {
  socket: call('int socket(int domain, int type, int protocol)'),
  setsockopt: call('int setsockopt(int fd, int level, int name, const void *value, uint32_t size)'),
  bind: call('int bind(int fd, const void *address, uint32_t size)'),
  connect: call('int connect(int fd, const void *address, uint32_t size)'),
  listen: call('int listen(int fd, int backlog)'),
  accept: call('int accept(int fd, void *address, void *size)'),
  getsockname: call('int getsockname(int fd, void *address, void *size)'),
  dup: call('int dup(int fd)'),
  shutdown: call('int shutdown(int fd, int how)'),
  close: call('int close(int fd)'),
};

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SHUT_WR = 1;

/** struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)) of the bytes of an address. */
function socketAddress({ address, port, scope = 0 }) {
  const isIPv4 = address.length === 4;
  const bytes = Buffer.alloc(isIPv4 ? 16 : 28);
  bytes.writeUInt16LE(isIPv4 ? AF_INET : AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address, isIPv4 ? 4 : 8);
  if (!isIPv4) bytes.writeUInt32LE(scope, 24);
  return bytes;
}

const on = (fd, level, name) => system.setsockopt(fd, level, name, new Int32Array([1]), 4);

function open(kind, end, ipv6Only = false) {
  const family = end.address.length === 4 ? AF_INET : AF_INET6;
  const fd = system.socket(family, kind | SOCK_CLOEXEC, 0);
  on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (ipv6Only) on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  const address = socketAddress(end);
  system.bind(fd, address, address.length);
  return fd;
}

function connectTo(fd, end) {
  const address = socketAddress(end);
  return system.connect(fd, address, address.length);
}

const children = [];

const calls = {
  pid: () => process.pid,
  bound: (end) => open(SOCK_STREAM, end),
  listen: (end, { ipv6Only = false } = {}) => {
    const fd = open(SOCK_STREAM, end, ipv6Only);
    system.listen(fd, 100);
    return fd;
  },
  accept: (fd) => system.accept(fd, null, null),
  connect: (from, to) => {
    const fd = open(SOCK_STREAM, from);
    connectTo(fd, to);
    return fd;
  },
  /** Does not wait for the other end. */
  beginConnect: (from, to) => {
    const fd = open(SOCK_STREAM | SOCK_NONBLOCK, from);
    try {
      connectTo(fd, to);
    } catch {
      // EINPROGRESS
    }
    return fd;
  },
  udp: (end, { ipv6Only = false, to = null } = {}) => {
    const fd = open(SOCK_DGRAM, end, ipv6Only);
    if (to !== null) connectTo(fd, to);
    return fd;
  },
  manyUdp: (end, to, count) => {
    for (let i = 0; i < count; i++) {
      connectTo(open(SOCK_DGRAM, { ...end, port: end.port + i }), to);
    }
    return count;
  },
  /** A listener with connections that it does not accept. */
  crowd: (end, count) => {
    const listener = open(SOCK_STREAM, end);
    system.listen(listener, count);
    for (let i = 0; i < count; i++) {
      connectTo(system.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), end);
    }
    return listener;
  },
  /** Connections that are accepted and closed at once, one after the other. */
  churn: (end, listener, count) => {
    for (let i = 0; i < count; i++) {
      const fd = system.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      connectTo(fd, end);
      system.close(system.accept(listener, null, null));
      system.close(fd);
    }
    return count;
  },
  portOf: (fd) => {
    const address = Buffer.alloc(28);
    system.getsockname(fd, address, new Uint32Array([address.length]));
    return address.readUInt16BE(2);
  },
  end: (fd) => system.shutdown(fd, SHUT_WR),
  close: (fd) => system.close(fd),
  duplicate: (fd) => system.dup(fd),
  /** Starts a program that holds the socket, too. */
  share: (fd, program, args) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    children.push(child);
    return child.pid;
  },
};

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const { name, args } = JSON.parse(line);
  let said;
  try {
    said = { value: calls[name](...args) };
  } catch (error) {
    said = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
});
input.on('close', () => {
  for (const child of children) child.kill('SIGKILL');
  process.exit(0);
});
