// What can be asked of a watch: where it ends, what it leaves out, and what it refuses.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { createEndpointReader } from '../../../ts-worker/src/endpoints/platform.ts';
import { WatchMethods } from '../../../ts-worker/src/methods/watch.ts';
import { createProcessReader } from '../../../ts-worker/src/processes/platform.ts';
import { Answer } from '../../../ts-worker/src/protocol/answer.ts';
import { LineWriter } from '../../../ts-worker/src/protocol/channel.ts';
import { Snapshots } from '../../../ts-worker/src/snapshot/snapshot.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { inRepository } from '../support/repository.ts';
import { history } from './support/live.ts';
import { ChangeDecoder, Watch } from './support/watch.ts';

const skip = whyNoBpf();

async function bound(): Promise<Socket & { port: number }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(socket, { port: socket.address().port });
}

async function bindOnce(): Promise<number> {
  const socket = await bound();
  socket.close();
  return socket.port;
}

/** The watch must have ended by itself. */
async function untilOver(watch: Watch): Promise<void> {
  await watch.over;
  await watch.worker.close();
  assert.equal(watch.error, undefined);
}

describe('a watch', { skip }, () => {
  it('says its source first, then in words', async () => {
    const watch = await Watch.start();
    await watch.until(() => watch.notes.length > 0);
    await watch.stop();
    assert.deepEqual([watch.source, watch.whyNotBetter], ['Kernel', null]);
    assert.equal(watch.notes[0], 'Watching by Kernel.');
    assert.deepEqual(watch.end, { cancelled: true });
  });

  it('first gives what is open, where that is asked for', async () => {
    const socket = await bound();
    const localPort = [String(socket.port)];
    const watch = await Watch.start({
      includeExisting: true,
      filter: { localPort, protocol: ['UDP'] },
    });
    await watch.until((changes) => changes.length > 0);
    socket.close();
    await watch.until((changes) => changes.length > 1);
    await watch.stop();
    assert.deepEqual(history(watch.changes), ['Appeared Bound', 'Disappeared Bound']);
    assert.deepEqual(
      watch.changes.map(({ Source, OwningProcess }) => [Source, OwningProcess]),
      [
        ['Table', process.pid],
        ['Kernel', process.pid],
      ],
    );
  });

  it('ends after so many changes', async () => {
    const watch = await Watch.start({ count: 3, filter: { processId: [String(process.pid)] } });
    for (let i = 0; i < 5; i++) await bindOnce();
    await untilOver(watch);
    assert.equal(watch.changes.length, 3);
    assert.deepEqual(watch.end, { rows: 3 });
  });

  it('ends in its time', async () => {
    const begun = performance.now();
    const watch = await Watch.start({ duration: 300, filter: { localPort: ['1'] } });
    await untilOver(watch);
    assert.ok(performance.now() - begun >= 300);
    assert.deepEqual(watch.end, { rows: 0 });
  });

  it('tells what is asked for, by either port and by kind', async () => {
    const sockets = [await bound(), await bound()] as const;
    const [port, other] = [sockets[0].port, sockets[1].port];
    const filter = { port: [String(port)], change: ['Disappeared'] };
    const watch = await Watch.start({ filter });
    sockets[1].connect(port, '127.0.0.1');
    await once(sockets[1], 'connect');
    for (const socket of sockets) socket.close();
    await watch.until((changes) => changes.length >= 2);
    await watch.stop();
    const ends = watch.changes.map((each) => [each.Change, each.LocalPort, each.RemotePort]);
    assert.deepEqual(
      ends.sort(),
      [
        ['Disappeared', other, port],
        ['Disappeared', port, null],
      ].sort(),
    );
  });

  it('refuses what makes no sense, with a code', async () => {
    const refused = [
      [{ source: 'Tea leaves' }, 'PR_REQUEST_INVALID'],
      [{ source: 'constructor' }, 'PR_REQUEST_INVALID'],
      [{ interval: 0 }, 'PR_REQUEST_INVALID'],
      [{ count: 0 }, 'PR_REQUEST_INVALID'],
      [{ without: 'all' }, 'PR_REQUEST_INVALID'],
      [{ filter: { port: ['http'] } }, 'PR_FILTER_INVALID'],
      [{ filter: { processId: ['4194305'] } }, 'PR_PROCESS_NOT_FOUND'],
      [{ filter: { processId: '4194305' } }, 'PR_PROCESS_NOT_FOUND'],
      [{ filter: { processId: 4711 } }, 'PR_FILTER_INVALID'],
    ] as const;
    for (const [params, code] of refused) {
      const watch = await Watch.start(params);
      assert.equal(watch.error?.code, code, JSON.stringify(params));
    }
  });
});

describe('a watch of processes', { skip }, () => {
  const children: ChildProcess[] = [];
  before(() => {
    for (let i = 0; i < 2; i++) children.push(spawn('sleep', ['600'], { stdio: 'ignore' }));
  });
  after(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  it('tells of their sockets and their ends, and is over with the last of them', async () => {
    const processId = children.map(({ pid }) => String(pid));
    const watch = await Watch.start({ filter: { processId } });
    await bindOnce();
    children[0]?.kill('SIGKILL');
    await watch.until((changes) => changes.length > 0);
    assert.equal(watch.end, undefined);
    children[1]?.kill('SIGKILL');
    await untilOver(watch);
    assert.deepEqual(
      watch.changes.map((each) => [each.Change, each.OwningProcess, each.ProcessName, each.Source]),
      children.map(({ pid }) => ['ProcessExited', pid, 'sleep', 'Kernel']),
    );
    assert.match(
      watch.changes[0]?.Path ?? '',
      /\/sleep$/,
      'what it was is known though it is gone',
    );
    assert.equal(watch.changes[0]?.User, 'root');
  });
});

describe('our own sockets', { skip }, () => {
  /** What a watch inside this process tells of a socket of this process, and of one of another's. */
  async function toldOf(includeOwn: boolean): Promise<number[]> {
    const endpoints = await createEndpointReader();
    const processes = await createProcessReader();
    const snapshots = new Snapshots(endpoints, processes);
    const capture = { file: inRepository('ts-worker/dist/portreporter-worker.cjs') };
    const { watch } = new WatchMethods({ snapshots, processes, capture }).methods;
    const stream = new PassThrough();
    const controller = new AbortController();
    const answer = new Answer(new LineWriter(stream), controller.signal);
    const over = watch?.({ includeOwn, filter: { change: ['Appeared'] } }, answer);
    const decoder = new ChangeDecoder();
    const pids: number[] = [];
    const script =
      "require('dgram').createSocket('udp4').bind(0, '127.0.0.1', () => process.exit())";
    for await (const line of createInterface({ input: stream })) {
      if (line.startsWith('{"watching"')) {
        await bindOnce();
        other = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
      }
      for (const { OwningProcess } of decoder.decode(JSON.parse(line)))
        pids.push(OwningProcess ?? 0);
      if (pids.includes(other?.pid ?? -1)) break;
    }
    controller.abort();
    await assert.rejects(Promise.resolve(over));
    endpoints.close();
    return pids;
  }
  let other: ChildProcess | undefined;

  it('are left out', async () => {
    assert.ok(!(await toldOf(false)).includes(process.pid));
  });

  it('are told where they are asked for', async () => {
    assert.ok((await toldOf(true)).includes(process.pid));
  });
});
