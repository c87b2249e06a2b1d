// Opens real sockets for the tests. `node sockets.mjs SCENE [arguments]` sets the scene, prints its
// facts as one line of JSON, and keeps it up until standard input closes.

import { fork } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const listen = async (host = '127.0.0.1', port = 0, options = {}) => {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen({ host, port: Number(port), ...options });
  await once(server, 'listening');
  // Wine knows a listener's process only once that process has asked something of the socket.
  if (process.platform === 'win32') server._handle.setNoDelay(true);
  return server;
};

/** Both ends of one connection, in this process. */
async function pair(host) {
  const server = await listen(host);
  const { port } = server.address();
  const client = net.connect({ host, port, allowHalfOpen: true });
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  return { server, client, accepted, port, clientPort: client.localPort };
}

const portsOf = ({ port, clientPort }) => ({ pid: process.pid, port, clientPort });

/** One end says it has finished, and the other has heard it. */
async function finish(from, to) {
  to.resume();
  from.end();
  await once(to, 'end');
}

async function bindUdp(family, address) {
  const socket = dgram.createSocket(family);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

const scenes = {
  async listen(host, port) {
    const server = await listen(host, port);
    return { pid: process.pid, port: server.address().port };
  },
  async established(host = '127.0.0.1') {
    return portsOf(await pair(host));
  },
  async 'half-closed'() {
    const both = await pair('127.0.0.1');
    await finish(both.client, both.accepted);
    return portsOf(both);
  },
  async closed() {
    const both = await pair('127.0.0.1');
    await finish(both.client, both.accepted);
    await finish(both.accepted, both.client);
    both.server.close();
    return portsOf(both);
  },
  async unanswered(host, port) {
    const client = net.connect({ host, port: Number(port) });
    client.on('error', () => {});
    return { pid: process.pid };
  },
  async udp(family = 'udp4', address = '127.0.0.1') {
    const bound = await bindUdp(family, address);
    const connected = await bindUdp(family, address);
    connected.connect(bound.address().port, address);
    await once(connected, 'connect');
    const ports = { bound: bound.address().port, connected: connected.address().port };
    return { pid: process.pid, ...ports };
  },
  async 'both-families'() {
    const six = await listen('::1');
    const dual = await listen('::');
    return { pid: process.pid, six: six.address().port, dual: dual.address().port };
  },
  /** The children hold the listener, and the parent, which lives on, no more. */
  async shared() {
    const server = await listen();
    const { port } = server.address();
    const children = [0, 1].map(() => fork(fileURLToPath(import.meta.url), ['hold']));
    for (const child of children) {
      await once(child, 'message');
      child.send('server', server);
      await once(child, 'message');
    }
    server.close();
    return { pid: process.pid, port, children: children.map(({ pid }) => pid) };
  },
  async hold() {
    process.send('ready');
    const [, server] = await once(process, 'message');
    server.on('connection', () => {});
    process.send('held');
    process.on('disconnect', () => process.exit());
    return null;
  },
  /** Children that open a socket and end, one after the other, for as long as this one runs. */
  async flicker() {
    const next = () => {
      const child = fork(fileURLToPath(import.meta.url), ['brief']);
      child.on('exit', next);
    };
    for (let i = 0; i < 3; i++) next();
    return { pid: process.pid };
  },
  async brief() {
    for (let i = 0; i < 20; i++) await listen();
    setTimeout(() => process.exit(), 400 * Math.random());
    return null;
  },
};

const [scene, ...rest] = process.argv.slice(2);
const facts = await scenes[scene](...rest);
if (facts !== null) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
  process.stdin.on('close', () => process.exit());
  process.stdin.resume();
}
