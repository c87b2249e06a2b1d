// What the event stream tells of TCP, against connections that the tests make.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { EventKind, type SocketEvent } from '../../native/linux/bpf/event-record.ts';
import { openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { byCookie, drain, during, host, isAt, makeConnections } from './bpf-event-support.ts';
import { listen, whyNoBpf } from './bpf-support.ts';

const ESTABLISHED = 1;
const SYN_SENT = 2;
const SYN_RECV = 3;
const FIN_WAIT1 = 4;
const CLOSE = 7;
const LAST_ACK = 9;
const LISTEN = 10;

const skip = whyNoBpf();

test('5,000 quick connections, both ends, every state in order that the kernel showed', {
  skip,
}, async () => {
  const server = await listen(host);
  const count = 5000;
  let clientPorts: number[] = [];
  const { sockets, missed } = await during(async () => {
    clientPorts = await makeConnections(count, server.port, server);
  });
  server.close();
  const ends = [...byCookie(sockets.filter((event) => event.kind === EventKind.State)).values()];
  // An end has lost its own port by its last event, so its first one tells whose it is.
  const ours = ends.filter(([first]) => first !== undefined && isAt(server.port)(first));
  const near = ours.filter(([first]) => first?.oldState === CLOSE);
  const far = ours.filter(([first]) => first?.oldState === LISTEN);
  const holes = [
    ...near.map((events) => holesIn(events, CLOSE)),
    ...far.map((events) => holesIn(events, LISTEN)),
    2 * count - near.length - far.length,
  ].reduce((sum, each) => sum + each);
  assert.ok(holes <= missed, `${holes} are missing, and ${missed} were counted as missed`);
  if (missed > 0) return;
  assert.equal(near.length, count);
  assert.deepEqual(far.map(([first]) => first?.remotePort).sort(), clientPorts.sort());
});

/** From its first state to CLOSE, in order of time. */
function holesIn(events: readonly SocketEvent[], begin: number): number {
  let holes = 0;
  let state = begin;
  let time = 0n;
  for (const event of events) {
    if (event.oldState !== state) holes += 1;
    assert.ok(event.time >= time);
    state = event.newState;
    time = event.time;
  }
  return state === CLOSE ? holes : holes + 1;
}

test('the process is named where it is the current one', { skip }, async () => {
  const server = await listen(host);
  const { sockets } = await during(() => makeConnections(20, server.port, server));
  server.close();
  // Whichever end closes first goes to FIN_WAIT1, the other one to LAST_ACK or also to FIN_WAIT1.
  const inProcess = sockets
    .filter(isAt(server.port))
    .filter(
      ({ kind, oldState, newState }) =>
        kind === EventKind.State &&
        (newState === SYN_SENT ||
          (oldState === ESTABLISHED && newState === FIN_WAIT1) ||
          newState === LAST_ACK),
    );
  assert.equal(inProcess.length, 20 + 2 * 20);
  const started = new Set(inProcess.map((event) => event.process.started));
  assert.equal(started.size, 1);
  for (const { process: owner, netNamespace } of inProcess) {
    assert.equal(owner.pid, process.pid);
    assert.equal(owner.uid, process.geteuid?.());
    assert.equal(owner.isKernelThread, false);
    assert.equal(netNamespace, statSync('/proc/self/ns/net').ino);
  }
});

test('an accepted socket tells its first receive once', { skip }, async () => {
  const server = await listen(host);
  const { sockets } = await during(async () => {
    const client = connect(server.port, host);
    const [accepted] = (await once(server, 'connection')) as [Socket];
    for (const text of ['one', 'two', 'three']) {
      client.write(text);
      await once(accepted, 'data');
    }
    client.destroy();
    await once(accepted, 'close');
  });
  server.close();
  const received = sockets
    .filter(isAt(server.port))
    .filter((event) => event.kind === EventKind.Received);
  assert.equal(received.length, 1);
  assert.deepEqual([received[0]?.oldState, received[0]?.newState], [ESTABLISHED, ESTABLISHED]);
});

test('a socket that is known tells no first receive', { skip }, async () => {
  const server = await listen(host);
  const stream = openEventStream();
  const client = connect(server.port, host);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const ours = drain(stream).sockets.filter(isAt(server.port));
  const far = ours.find((event) => event.oldState === SYN_RECV);
  stream.known(far?.cookie ?? 0n);
  stream.known(far?.cookie ?? 0n); // not there any more: no error
  client.write('x');
  await once(accepted, 'data');
  client.destroy();
  await once(accepted, 'close');
  const { sockets } = drain(stream);
  stream.close();
  server.close();
  const after = sockets.filter((event) => event.cookie === far?.cookie).map((event) => event.kind);
  assert.ok(after.length > 0);
  assert.ok(!after.includes(EventKind.Received));
});

test('a refused connection tells its port', { skip }, async () => {
  const server = await listen(host);
  server.close();
  await once(server, 'close');
  const { sockets } = await during(async () => {
    const client = connect(server.port, host);
    await once(client, 'error');
  });
  const own = sockets.filter(isAt(server.port));
  assert.deepEqual(
    own.map(({ kind, oldState, newState }) => [kind, oldState, newState]),
    [
      [EventKind.State, CLOSE, SYN_SENT],
      [EventKind.State, SYN_SENT, CLOSE],
    ],
  );
  assert.ok((own[1]?.localPort ?? 0) > 0);
  assert.equal(own[1]?.failed, true);
});

test('listening, and the end of it', { skip }, async () => {
  let port = 0;
  const { sockets } = await during(async () => {
    const server = await listen('::1');
    port = server.port;
    server.close();
    await once(server, 'close');
  });
  const bound = sockets.find(
    (event) => event.localPort === port && event.process.pid === process.pid,
  );
  const own = sockets.filter((event) => event.cookie === bound?.cookie);
  assert.deepEqual(
    own.map(({ kind, oldState, newState }) => [kind, oldState, newState]),
    [
      [EventKind.Bound, CLOSE, CLOSE],
      [EventKind.State, CLOSE, LISTEN],
      [EventKind.State, LISTEN, CLOSE],
    ],
  );
  assert.deepEqual(own[0]?.local, Uint8Array.from([...Array(15).fill(0), 1]));
  assert.ok(own.every((event) => event.process.pid === process.pid && event.family === 10));
});
