// The event stream against traffic and processes whose truth the tests know.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCgroupRoot } from '../../native/linux/bpf/cgroup-root.ts';
import { parseObject } from '../../native/linux/bpf/compiled-object.ts';
import { BpfUnavailable } from '../../native/linux/bpf/error.ts';
import {
  decodeProcessEvent,
  decodeSocketEvent,
  EventKind,
  eventKind,
  isSocketEvent,
  type ProcessEvent,
  type SocketEvent,
} from '../../native/linux/bpf/event-record.ts';
import { type EventStream, openEventStream } from '../../native/linux/bpf/event-stream.ts';
import events from '../../native/linux/bpf/events.bpf.o';
import { end, heard, listen, role, sayAndStay, startRole, whyNoBpf } from './bpf-support.ts';

const ESTABLISHED = 1;
const SYN_SENT = 2;
const SYN_RECV = 3;
const FIN_WAIT1 = 4;
const CLOSE = 7;
const LAST_ACK = 9;
const LISTEN = 10;
const UDP = 17;

interface Seen {
  sockets: SocketEvent[];
  processes: ProcessEvent[];
}

function drain(stream: EventStream): Seen {
  const seen: Seen = { sockets: [], processes: [] };
  stream.drain((view, at) => {
    if (isSocketEvent(eventKind(view, at))) seen.sockets.push(decodeSocketEvent(view, at));
    else seen.processes.push(decodeProcessEvent(view, at));
  });
  return seen;
}

/** What the stream sees while the work is done. The rest of the machine fills the ring as well, so
 * it is emptied meanwhile. */
async function during(work: () => unknown, stream = openEventStream()): Promise<Seen> {
  const seen: Seen[] = [];
  const timer = setInterval(() => seen.push(drain(stream)), 5);
  try {
    await work();
    seen.push(drain(stream));
    assert.equal(stream.lost(), 0);
    return {
      sockets: seen.flatMap(({ sockets }) => sockets),
      processes: seen.flatMap(({ processes }) => processes),
    };
  } finally {
    clearInterval(timer);
    stream.close();
  }
}

/** An address of our own: the rest of the machine may use the same ports on others. */
const host = `127.66.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
const hostBytes = Uint8Array.from(host.split('.').map(Number));
const isHost = (address: Uint8Array) => Buffer.from(address).equals(hostBytes);

/** Does the event belong to a socket of ours that has to do with this port? */
function isAt(port: number): (event: SocketEvent) => boolean {
  return ({ local, localPort, remote, remotePort }) =>
    (isHost(local) && localPort === port) || (isHost(remote) && remotePort === port);
}

function byCookie(events: readonly SocketEvent[]): Map<bigint, SocketEvent[]> {
  const map = new Map<bigint, SocketEvent[]>();
  for (const event of events) map.set(event.cookie, [...(map.get(event.cookie) ?? []), event]);
  return map;
}

/** One connection: a byte there, and both ends closed when this returns. */
async function connectOnce(port: number, accepted: Promise<unknown>): Promise<number> {
  const client = connect(port, host);
  await once(client, 'connect');
  const { localPort = 0 } = client;
  client.end('x');
  await Promise.all([once(client, 'close'), accepted]);
  return localPort;
}

function echoingEnd(socket: Socket): Promise<unknown> {
  socket.resume();
  socket.end();
  return once(socket, 'close');
}

/** Connections one after another; gives the clients' ports. */
async function makeConnections(count: number, port: number, server: Server): Promise<number[]> {
  const ports: number[] = [];
  for (let made = 0; made < count; made++) {
    const accepted = once(server, 'connection').then(([socket]) => echoingEnd(socket as Socket));
    ports.push(await connectOnce(port, accepted));
  }
  return ports;
}

type Server = Awaited<ReturnType<typeof listen>>;

if (role === 'nested watcher') {
  const seen = await during(() => spawnSync('/bin/true'));
  const own = seen.processes.filter((event) => event.parent === process.pid);
  await sayAndStay(own.map(({ kind, process: { pid, globalPid } }) => [kind, pid, globalPid]));
  process.exit();
}
if (role === 'nested listener') {
  const server = await listen(host);
  await sayAndStay({ port: server.port, pid: process.pid });
  process.exit();
}

const skip = whyNoBpf();

test('all programs are usable here, or say why not', { skip }, () => {
  const stream = openEventStream();
  stream.close();
  assert.equal(stream.programs.length, parseObject(events).programs.length);
  for (const { name, usable, reason } of stream.programs) {
    assert.equal(usable, reason === null, `${name}: ${reason}`);
  }
  const state = stream.programs.find((program) => program.name === 'state_changed');
  assert.equal(state?.usable, true);
});

test('5,000 quick connections, both ends, every state in order', { skip }, async () => {
  const server = await listen(host);
  const count = 5000;
  let clientPorts: number[] = [];
  const { sockets } = await during(async () => {
    clientPorts = await makeConnections(count, server.port, server);
  });
  server.close();
  const ends = [...byCookie(sockets.filter((event) => event.kind === EventKind.State)).values()];
  // An end has lost its own port by its last event, so its first one tells whose it is.
  const ours = ends.filter(([first]) => first !== undefined && isAt(server.port)(first));
  const near = ours.filter(([first]) => first?.oldState === CLOSE);
  const far = ours.filter(([first]) => first?.oldState === LISTEN);
  assert.equal(near.length, count);
  assert.equal(far.length, count);
  for (const events of near) assertChain(events, CLOSE);
  for (const events of far) assertChain(events, LISTEN);
  assert.deepEqual(far.map(([first]) => first?.remotePort).sort(), clientPorts.sort());
});

/** From its first state to CLOSE, without a hole and in order of time. */
function assertChain(events: readonly SocketEvent[], begin: number): void {
  let state = begin;
  let time = 0n;
  for (const event of events) {
    assert.equal(event.oldState, state);
    assert.ok(event.time >= time);
    state = event.newState;
    time = event.time;
  }
  assert.equal(state, CLOSE);
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

async function bindOnce(kind: 'udp4' | 'udp6', address: string): Promise<number> {
  const socket = createSocket(kind);
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  await closeDatagrams(socket);
  return port;
}

async function closeDatagrams(socket: DatagramSocket): Promise<void> {
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

test('a process: forked, executed, exited', { skip }, async () => {
  let pid = 0;
  const { processes } = await during(() => {
    pid = spawnSync('/bin/true').pid;
  });
  const own = processes.filter((event) => event.process.pid === pid);
  assert.deepEqual(
    own.map((event) => event.kind),
    [EventKind.Forked, EventKind.Executed, EventKind.Exited],
  );
  const [forked, executed, exited] = own;
  assert.equal(forked?.parent, process.pid);
  assert.equal(executed?.parent, process.pid);
  assert.equal(executed?.path, '/bin/true');
  assert.equal(executed?.pathIsCut, false);
  assert.equal(executed?.process.name, 'true');
  assert.equal(executed?.process.uid, process.geteuid?.());
  assert.equal(executed?.process.started, forked?.process.started);
  assert.equal(exited?.process.started, forked?.process.started);
});

test('a path that is too long is marked as cut', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
  const program = join(folder, 'x'.repeat(250));
  symlinkSync('/bin/true', program);
  let pid = 0;
  const { processes } = await during(() => {
    pid = spawnSync(program).pid;
  });
  rmSync(folder, { recursive: true });
  const executed = processes.find(
    (event) => event.process.pid === pid && event.kind === EventKind.Executed,
  );
  assert.equal(executed?.pathIsCut, true);
  assert.equal(executed?.path, program.slice(0, 255));
});

test('a thread is no process', { skip }, async () => {
  const { processes } = await during(async () => {
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker('', { eval: true });
    await once(worker, 'exit');
  });
  const { pid } = process;
  assert.deepEqual(
    processes.filter((event) => event.process.globalPid === pid || event.parent === pid),
    [],
  );
});

test('pids in a nested pid namespace', { skip }, async () => {
  const watcher = startRole('nested watcher', ['unshare', '--pid', '--fork', '--mount-proc']);
  const events = await heard<[number, number, number][]>(watcher);
  await end(watcher);
  assert.deepEqual(
    events.map(([kind]) => kind),
    [EventKind.Forked, EventKind.Executed],
  );
  for (const [, pid, globalPid] of events) {
    assert.ok(pid > 1 && pid < 200, `pid ${pid}`);
    assert.ok(globalPid > 0 && globalPid !== pid);
  }
});

test('the outer namespace sees the inner one with its own pids', { skip }, async () => {
  const stream = openEventStream();
  const child = startRole('nested listener', ['unshare', '--pid', '--fork', '--mount-proc']);
  const { port, pid } = await heard<{ port: number; pid: number }>(child);
  const { sockets } = await during(() => {}, stream);
  await end(child);
  const bound = sockets.find((event) => event.localPort === port);
  assert.equal(pid, 1);
  assert.equal(bound?.process.pid, bound?.process.globalPid);
  assert.notEqual(bound?.process.pid, 1);
});

/** State events that each of two streams saw or lost while the same connections were made. */
async function compareStreams(
  server: Server,
): Promise<{ roomy: number; tight: number; lost: number }> {
  const without = ['udp_sent', 'udp_created', 'udp_released', 'process_forked'];
  const roomy = openEventStream({ without });
  const tight = openEventStream({ without, ringSize: 4096 });
  const states = (stream: EventStream) =>
    drain(stream).sockets.filter((event) => event.kind === EventKind.State).length;
  states(roomy);
  states(tight);
  const before = tight.lostByKind()[EventKind.State] ?? 0;
  await makeConnections(200, server.port, server);
  const lost = (tight.lostByKind()[EventKind.State] ?? 0) - before;
  const result = { roomy: states(roomy), tight: states(tight), lost };
  assert.equal(roomy.lost(), 0);
  roomy.close();
  tight.close();
  return result;
}

test('what does not fit is counted, and two streams do not disturb each other', {
  skip,
}, async () => {
  const server = await listen(host);
  // The rest of the machine may change a socket just between the two readings: then once more.
  let seen = await compareStreams(server);
  for (let tries = 0; tries < 5 && seen.roomy !== seen.tight + seen.lost; tries++) {
    seen = await compareStreams(server);
  }
  server.close();
  assert.ok(seen.lost > 1500, `${seen.lost} events lost`);
  assert.ok(seen.tight > 10, `${seen.tight} events kept`);
  assert.equal(seen.roomy, seen.tight + seen.lost);
});

test('waiting ends at an event, at its time, by wake and by close', { skip }, async () => {
  const stream = openEventStream();
  const others = stream.drain(() => {});
  assert.ok(others >= 0);
  const elapsed = async (wait: Promise<void>) => {
    const start = performance.now();
    await wait;
    return performance.now() - start;
  };
  const woken = elapsed(stream.wait(60_000));
  stream.wake();
  assert.ok((await woken) < 5000);
  const event = elapsed(stream.wait(60_000));
  spawnSync('/bin/true');
  assert.ok((await event) < 5000);
  const superseded = elapsed(stream.wait(60_000));
  const closed = elapsed(stream.wait(60_000));
  assert.ok((await superseded) < 5000);
  stream.close();
  assert.ok((await closed) < 5000);
  stream.close();
  assert.equal(
    stream.drain(() => assert.fail('it is closed')),
    0,
  );
});

test('a visitor that throws is not given the same record again', { skip }, () => {
  const stream = openEventStream();
  spawnSync('/bin/true');
  const times: bigint[] = [];
  for (let tries = 0; tries < 2; tries++) {
    assert.throws(
      () =>
        stream.drain((view, at) => {
          times.push(decodeProcessEvent(view, at).time);
          throw new Error('enough');
        }),
      /enough/,
    );
  }
  stream.close();
  assert.equal(times.length, 2);
  assert.ok((times[0] ?? 0n) < (times[1] ?? 0n));
});

test('programs can be left out, but not all', { skip }, () => {
  const stream = openEventStream({ without: ['udp_sent'] });
  stream.close();
  const sent = stream.programs.find((program) => program.name === 'udp_sent');
  assert.deepEqual([sent?.usable, sent?.reason], [false, 'it is left out']);
  const all = stream.programs.map((program) => program.name);
  assert.throws(() => openEventStream({ without: all }), BpfUnavailable);
});

test('the cgroup2 root on pure, hybrid and nested hosts', () => {
  const line = (root: string, at: string, type: string) =>
    `30 23 0:26 ${root} ${at} rw,nosuid shared:4 - ${type} ${type} rw`;
  const hybrid = [
    line('/', '/sys/fs/cgroup', 'tmpfs'),
    line('/', '/sys/fs/cgroup/cpu', 'cgroup'),
    line('/', '/sys/fs/cgroup/unified', 'cgroup2'),
  ];
  assert.equal(findCgroupRoot(hybrid.join('\n')), '/sys/fs/cgroup/unified');
  const both = [line('/pod', '/inner', 'cgroup2'), line('/', '/a\\040b', 'cgroup2')];
  assert.equal(findCgroupRoot(both.join('\n')), '/a b');
  assert.equal(findCgroupRoot(both[0]), '/inner');
  assert.throws(() => findCgroupRoot(hybrid[0]), /no cgroup2 hierarchy is mounted/);
});
