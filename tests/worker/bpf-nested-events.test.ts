// Packets that come by interrupt, as from a network card, change sockets while a program tells of
// another one, and another program tells of it. Here the processors hand packets to one another (RPS, the
// kernel's Documentation/networking/scaling.rst) and so interrupt whatever runs there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { EventKind, type SocketEvent } from '../../native/linux/bpf/event-record.ts';
import { openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { byCookie, drain } from './bpf-event-support.ts';
import { end, heard, role, sayAndStay, startRole, whyNoBpf } from './bpf-support.ts';
import { Namespace, noNamespaces } from './support/namespace.ts';

const connections = 2000;
const atOnce = 50;
const mostRounds = 30;

/** Connections that are closed at once, by the server first. */
async function connectOften(port: number): Promise<void> {
  for (let made = 0; made < connections / atOnce; made++) {
    const client = connect(port, '127.0.0.1').resume();
    await once(client, 'close');
  }
}

async function makeConnections(): Promise<void> {
  const server = createServer((socket) => socket.resume().end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await Promise.all(Array.from({ length: atOnce }, () => connectOften(port)));
  server.close();
  await sayAndStay({ namespace: statSync('/proc/self/ns/net').ino });
}

/** How many steps of the sockets follow what was told before, and how many do not. None comes twice. */
function judgeSteps(sockets: Iterable<readonly SocketEvent[]>): { whole: number; broken: number } {
  const judged = { whole: 0, broken: 0 };
  for (const events of sockets) {
    for (const [i, event] of events.entries()) {
      if (i === 0) continue;
      const { oldState, newState } = events[i - 1] ?? {};
      assert.ok(event.oldState !== oldState || event.newState !== newState, 'a step came twice');
      judged[event.oldState === newState ? 'whole' : 'broken'] += 1;
    }
  }
  return judged;
}

async function watchRound(stream: ReturnType<typeof openEventStream>, within: readonly string[]) {
  const seen: SocketEvent[] = [];
  const take = () => seen.push(...drain(stream).sockets);
  const timer = setInterval(take, 5);
  const child = startRole('connections', within);
  const { namespace } = await heard<{ namespace: number }>(child);
  await end(child);
  clearInterval(timer);
  take();
  return seen.filter((event) => event.kind === EventKind.State && event.netNamespace === namespace);
}

const skip =
  whyNoBpf() ||
  noNamespaces ||
  (availableParallelism() < 2 && 'one processor has no other one to be interrupted by');

if (role === 'connections') await makeConnections();
else {
  test('what changes while a program runs is told by another', { skip }, async () => {
    const namespace = new Namespace();
    namespace.run('sh', '-c', 'echo 3 >/sys/class/net/lo/queues/rx-0/rps_cpus');
    const stream = openEventStream();
    try {
      for (let round = 0; round < mostRounds && stream.nested() < 5; round++) {
        const sockets = byCookie(await watchRound(stream, namespace.within)).values();
        const { whole, broken } = judgeSteps(sockets);
        // Some virtual machines have a supervisor that the kernel hides from BPF, with all that
        // interrupts it: those steps nobody tells.
        assert.ok(broken < whole / 20, `${broken} of ${whole} steps do not follow`);
      }
      stream.countMissed();
      const [nested, lost] = [stream.nested(), stream.lost()];
      assert.ok(nested > 0, `no interrupt in ${mostRounds * connections} connections`);
      assert.equal(lost, 0, `${nested} told by the other program, ${lost} by none`);
    } finally {
      stream.close();
      namespace.delete();
    }
  });
}
