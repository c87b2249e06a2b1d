// Polling on real sockets.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { Traffic } from '../../traffic/traffic.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { changesOf, history } from './support/live.ts';
import { type PortChange, Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const skip = process.platform === 'linux' ? false : 'it opens sockets as Linux does';

const isOurs = ({ OwningProcess }: PortChange): boolean => OwningProcess === process.pid;

describe('polling', { skip }, () => {
  let watch: Watch;
  before(async () => {
    watch = await Watch.start({ source: 'Polling', interval: 50 });
  });
  after(() => watch.stop());

  it('says that it was asked for', () => {
    assert.equal(watch.source, 'Polling');
    assert.equal(watch.whyNotBetter, 'polling was asked for');
  });

  it('sees what stays open appear, change and disappear, with its process', async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.resume());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const told = (state: string) =>
      watch.changes.filter((each) => each.LocalPort === port && each.State === state);
    await watch.until(() => told('Listen').some(isOurs));
    const accepted = once(server, 'connection');
    const client = connect(port, '127.0.0.1');
    const [socket] = await accepted;
    await watch.until(() => told('Established').some(isOurs));
    client.end();
    await watch.until(() => told('CloseWait').length === 1);
    socket.destroy();
    server.close();
    const mine = () => watch.changes.filter((each) => each.LocalPort === port);
    await watch.until(() => mine().filter((each) => each.Change === 'Disappeared').length === 2);
    // A reading may come before the process has accepted, and one before the last acknowledgement.
    const passing = ['Reattributed Established', 'Changed LastAck'];
    const story = history(mine().filter(({ RemotePort }) => RemotePort !== null));
    assert.deepEqual(
      story
        .filter((each) => !passing.includes(each))
        .map((each) => each.replace('LastAck', 'CloseWait')),
      ['Appeared Established', 'Changed CloseWait', 'Disappeared CloseWait'],
    );
    for (const { OwningProcess, Source, State, Change } of mine()) {
      const isWaiting = State === 'Established' && Change === 'Appeared' && OwningProcess === null;
      if (!isWaiting) assert.equal(OwningProcess, process.pid);
      assert.equal(Source, 'Polling');
    }
  });

  it('sees that sockets came and went between two readings, not whose they were', async () => {
    const ports = new Set<number>();
    for (let i = 0; i < 20; i++) {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      ports.add(socket.address().port);
      socket.close();
    }
    const mine = (): PortChange[] =>
      watch.changes.filter((each) => each.Protocol === 'UDP' && ports.has(each.LocalPort ?? 0));
    await watch.until(() => mine().length >= 2 * ports.size);
    for (const { Source, OwningProcess, Attribution } of mine()) {
      if (Source === 'Inferred') assert.deepEqual([OwningProcess, Attribution], [null, 'None']);
      else assert.equal(OwningProcess, process.pid, 'one that a reading met');
    }
    assert.ok(mine().some(({ Source }) => Source === 'Inferred'));
  });

  it('sees that in other namespaces, too', { skip: noNamespaces }, async () => {
    const namespace = new Namespace();
    const { name, within } = namespace;
    const traffic = new Traffic({ namespace: name, within });
    try {
      // The first of these makes the namespace known to the next reading.
      const server = await traffic.serve({
        style: 'quick',
        listen: { address: '127.0.0.1', port: 0 },
      });
      await watch.until((changes) => changes.some((each) => each.Namespace === name));
      const ends = await traffic.datagrams({ address: '127.0.0.1', count: 50, ways: ['bind'] });
      await watch.until((changes) => ends.every((end) => changesOf(end, changes).length >= 2));
      await server.stop();
    } finally {
      await traffic.end();
      namespace.delete();
    }
  });
});

describe('polling for a process', { skip }, () => {
  it('tells of its sockets and its end, and ends with it', async () => {
    const script = "require('net').createServer().listen(0, '127.0.0.1', () => console.log(1))";
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const params = { source: 'Polling', interval: 50, includeExisting: true };
    const watch = await Watch.start({ ...params, filter: { processId: [String(child.pid)] } });
    await watch.until((changes) => changes.length > 0);
    child.kill('SIGKILL');
    await watch.over;
    await watch.worker.close();
    assert.deepEqual(history(watch.changes).slice(0, 1), ['Appeared Listen']);
    assert.deepEqual(
      new Set(history(watch.changes).slice(1)),
      new Set(['Disappeared Listen', 'ProcessExited null']),
    );
    assert.ok(watch.changes.every(({ OwningProcess }) => OwningProcess === child.pid));
    assert.equal(watch.error, undefined);
  });
});
