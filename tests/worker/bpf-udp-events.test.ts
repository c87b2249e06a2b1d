// What the event stream tells of UDP, against sockets that the tests make.

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { EventKind } from '../../native/linux/bpf/event-record.ts';
import { openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { byCookie, during } from './bpf-event-support.ts';
import { whyNoBpf } from './bpf-support.ts';

const UDP = 17;

const skip = whyNoBpf();

async function bindOnce(kind: 'udp4' | 'udp6', address: string): Promise<number> {
  const socket = createSocket(kind);
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  await closeDatagrams(socket);
  return port;
}

async function closeDatagrams(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

test('500 UDP sockets of 0 ms: made, bound, released', { skip }, async () => {
  const ports: number[] = [];
  const { sockets } = await during(async () => {
    for (let made = 0; made < 250; made++) {
      ports.push(await bindOnce('udp4', '127.0.0.1'), await bindOnce('udp6', '::'));
    }
  });
  const mine = sockets.filter(
    (event) => event.protocol === UDP && event.process.pid === process.pid,
  );
  const lives = [...byCookie(mine).values()];
  assert.equal(lives.length, 500);
  for (const events of lives) {
    const kinds = events.map((event) => event.kind);
    assert.deepEqual(kinds, [EventKind.Created, EventKind.Bound, EventKind.Released]);
  }
  assert.deepEqual(
    lives.map((events) => events[1]?.localPort),
    ports,
  );
});

test('a UDP socket that was never bound tells its port at its first send', { skip }, async (t) => {
  const socket = createSocket('udp4');
  const stream = openEventStream();
  const sent = stream.programs.find((program) => program.name === 'udp_sent');
  if (sent?.usable !== true) {
    stream.close();
    t.skip(sent?.reason ?? '');
    return;
  }
  let port = 0;
  const { sockets } = await during(async () => {
    socket.connect(9, '127.0.0.1');
    await once(socket, 'connect');
    port = socket.address().port;
    for (const text of ['one', 'two']) await new Promise((done) => socket.send(text, done));
    await closeDatagrams(socket);
  }, stream);
  const told = sockets.filter(
    (event) => event.kind === EventKind.Sent && event.process.pid === process.pid,
  );
  assert.equal(told.length, 1);
  assert.deepEqual([told[0]?.localPort, told[0]?.remotePort], [port, 9]);
});
