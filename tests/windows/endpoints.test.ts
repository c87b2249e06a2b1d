// Sockets that this test opens, as the Windows endpoint reader finds them. Wine finds the process
// behind a socket by the descriptors that the process itself keeps open: a listener's and a UDP
// socket's from its first call for data on, an accepted connection's and one over TCP and IPv6
// never. Where that shows, the test says so.

import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GrowingBuffer } from '../../native/windows/growing-buffer.ts';
import { copyAllocated, readSocketTable } from '../../native/windows/iphlpapi.ts';
import { tables } from '../../native/windows/socket-layout.ts';
import { visitRows } from '../../native/windows/socket-rows.ts';
import type { OpenSocket } from '../../ts-worker/src/endpoints/source.ts';
import { createWindowsEndpoints } from '../../ts-worker/src/endpoints/windows.ts';
import type { State } from '../../ts-worker/src/model/endpoint.ts';
import { allocateTcpTable, assertOurStart, countHandles, RawSocket, underWine } from './machine.ts';

const reader = createWindowsEndpoints();
after(() => reader.close());

const read = (source: string | null = null) => reader.read({ source }).sockets;

function find(port: number, fits: Partial<OpenSocket> = {}, sockets = read()): OpenSocket[] {
  const wanted = Object.entries({ ...fits, localPort: port });
  return sockets.filter((socket) =>
    wanted.every(([key, value]) => socket[key as keyof OpenSocket] === value),
  );
}

function findOne(port: number, fits: Partial<OpenSocket> = {}): OpenSocket {
  const found = find(port, fits);
  assert.equal(found.length, 1, `one endpoint at port ${port}, not ${found.length}`);
  const [only] = found;
  assert.ok(only);
  return only;
}

function assertOurs({ holders, ownerless }: OpenSocket): void {
  assert.deepEqual(
    holders.map(({ pid }) => pid),
    [process.pid],
  );
  assert.equal(ownerless, false);
  assertOurStart(holders[0]?.startTime);
}

test('a TCP listener, with its process and without a remote end', () => {
  const listener = new RawSocket('TCP', 'IPv4');
  try {
    listener.receive();
    const found = findOne(listener.port);
    assertOurs(found);
    assert.equal(found.state, 'Listen');
    assert.equal(found.localAddress, '127.0.0.1');
    assert.equal(found.remoteAddress, null);
    assert.equal(found.remotePort, null);
    assert.equal(found.namespace, null);
  } finally {
    listener.close();
  }
  assert.deepEqual(find(listener.port), []);
});

test('Wine only: a listener that never asked for data has no process', { skip: !underWine }, () => {
  const listener = new RawSocket('TCP', 'IPv4');
  try {
    assert.deepEqual(findOne(listener.port).holders, []);
  } finally {
    listener.close();
  }
});

test('a TCP listener over IPv6', () => {
  const listener = new RawSocket('TCP', 'IPv6');
  try {
    listener.receive();
    const found = findOne(listener.port, { family: 'IPv6' });
    assert.equal(found.localAddress, '::1');
    assert.equal(found.state, 'Listen');
    if (underWine) assert.deepEqual(found.holders, [], 'Wine has learnt this: say so in the docs');
    else assertOurs(found);
  } finally {
    listener.close();
  }
});

test('UDP sockets of both families', () => {
  for (const [family, address] of [
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ] as const) {
    const socket = new RawSocket('UDP', family);
    try {
      socket.receive();
      const found = findOne(socket.port, { protocol: 'UDP' });
      assertOurs(found);
      assert.equal(found.family, family);
      assert.equal(found.localAddress, address);
      assert.equal(found.state, 'Bound');
      assert.equal(found.remoteAddress, null);
    } finally {
      socket.close();
    }
  }
});

/** Both readings, with nothing having changed between them: what others close, or the system after
 * its minute of TIME_WAIT, may go at any moment. */
function readQuietly<One, Other>(one: () => One, other: () => Other): [One, Other] {
  let before = one();
  for (let tries = 0; ; tries++) {
    const between = other();
    const after = one();
    if (isDeepStrictEqual(before, after) || tries === 100) return [before, between];
    before = after;
  }
}

async function connectPair() {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  client.write('?');
  await once(accepted, 'data');
  accepted.write('!');
  await once(client, 'data');
  const close = () => {
    client.destroy();
    accepted.destroy();
    server.close();
  };
  return { port, client, accepted, close };
}

test('a connection stands there twice, each end with the other as its remote end', async () => {
  const { port, client, close } = await connectPair();
  try {
    const localPort = client.localPort ?? 0;
    const near = findOne(localPort, { remotePort: port });
    const far = findOne(port, { remotePort: localPort });
    for (const end of [near, far]) {
      assert.equal(end.state, 'Established');
      assert.equal(end.remoteAddress, '127.0.0.1');
    }
    assertOurs(near);
    if (underWine) assert.deepEqual(far.holders, [], 'Wine has learnt this: say so in the docs');
    else assertOurs(far);
  } finally {
    close();
  }
});

/** The state of the only endpoint between two ports, as soon as it is the one waited for. */
async function waitForState(port: number, remotePort: number, state: State): Promise<OpenSocket> {
  for (const end = performance.now() + 60_000; ; ) {
    const found = findOne(port, { remotePort });
    if (found.state === state || performance.now() > end) {
      assert.equal(found.state, state);
      return found;
    }
    await setTimeout(50);
  }
}

test('half-closed and closed connections go through their states', async () => {
  const { port, client, accepted, close } = await connectPair();
  const localPort = client.localPort ?? 0;
  try {
    client.end();
    await once(accepted, 'end');
    await waitForState(port, localPort, 'CloseWait');
    await waitForState(localPort, port, 'FinWait2');
    accepted.end();
    await once(client, 'close');
  } finally {
    close();
  }
  const waiting = await waitForState(localPort, port, 'TimeWait');
  assert.deepEqual(waiting.holders, [], 'nobody owns a connection that only waits');
  assert.equal(waiting.ownerless, true);
});

test('both classes of the tables agree', async () => {
  const { close } = await connectPair();
  const sockets = [new RawSocket('TCP', 'IPv4'), new RawSocket('UDP', 'IPv6')];
  try {
    for (const socket of sockets) socket.receive();
    const [byModule, byPid] = readQuietly(
      () => read('OwnerModule').map((socket) => ({ ...socket, service: null })),
      () => read('OwnerPid'),
    );
    assert.deepEqual(byModule, byPid);
    assert.ok(byModule.length >= 5);
  } finally {
    for (const socket of sockets) socket.close();
    close();
  }
});

test('a table that does not fit is asked for again with more room', () => {
  const listener = new RawSocket('TCP', 'IPv4');
  try {
    for (const { ownerModule, ownerPid } of tables) {
      for (const layout of [ownerModule, ownerPid]) {
        const rows = (size: number) => () =>
          readSocketTable(layout, new GrowingBuffer(size)).view.getUint32(0, true);
        const [tight, roomy] = readQuietly(rows(4), rows(1 << 20));
        assert.equal(tight, roomy, layout.struct);
      }
    }
  } finally {
    listener.close();
  }
});

test('a table that the system allocates is copied and given back', { skip: !underWine }, () => {
  const allocate = allocateTcpTable;
  const layout = tables[0]?.ownerPid;
  assert.ok(allocate && layout);
  const listener = new RawSocket('TCP', 'IPv4');
  try {
    for (let i = 0; i < 50; i++) {
      const table = copyAllocated('Table', (at, heap) => allocate(at, 0, heap, 0, 2));
      const ports: number[] = [];
      visitRows(table, layout, (row) => ports.push(row.localPort));
      assert.ok(ports.includes(listener.port));
    }
    assert.throws(() => copyAllocated('Table', () => 50), { name: 'Win32Error', code: 50 });
    assert.throws(() => copyAllocated('Table', () => 0), { code: 'PR_TABLE_UNREADABLE' });
  } finally {
    listener.close();
  }
});

/** Wine's time for a table grows with the square of its rows. */
const many = underWine ? 200 : 2000;

test(`${many} sockets are all there`, async () => {
  const open = async (): Promise<UdpSocket> => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  };
  const sockets = await Promise.all(Array.from({ length: many }, open));
  try {
    const seen = new Map(read().map((socket) => [socket.localPort, socket]));
    for (const socket of sockets) {
      const found = seen.get(socket.address().port);
      assert.ok(found);
      assertOurs(found);
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
});

test('reading leaves no handle behind', () => {
  read();
  const before = countHandles();
  for (let i = 0; i < 50; i++) read();
  const more = countHandles() - before;
  assert.ok(more < 10, `${more} more handles after 50 reads`);
});
