// Network namespaces with the same addresses and ports, and a pid namespace inside another.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { judge } from '../../traffic/judge.ts';
import { playTraffic } from '../../traffic/player.ts';
import { Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { assertPerfect, sharedWatch, watchedBy } from './support/live.ts';
import { Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const skip = noNamespaces || whyNoBpf();
const here = { address: '127.0.0.1', port: 18_080 };

async function exchange(traffic: Traffic) {
  const server = await traffic.serve({ style: 'quick', listen: here, reads: true });
  const clients = await traffic.connect({ style: 'quick', to: [here], count: 200, sends: true });
  return [...clients, ...(await server.stop())];
}

describe('two network namespaces with the same address and port', { skip }, () => {
  const watched = sharedWatch();
  const namespaces: Namespace[] = [];
  before(() => {
    for (let i = 0; i < 2; i++) namespaces.push(new Namespace());
  });
  after(() => {
    for (const namespace of namespaces) namespace.delete();
  });

  it('are told apart, each connection with its own process', async () => {
    const players = namespaces.map(({ name, within }) => new Traffic({ namespace: name, within }));
    const seen = await watched(async () => (await Promise.all(players.map(exchange))).flat());
    assert.equal(seen.ends.length, 2 * 401);
    assertPerfect(seen);
  });

  it('can be watched one by one', async () => {
    const [one, other] = namespaces;
    assert.ok(one !== undefined && other !== undefined);
    const watch = await Watch.start({ filter: { namespace: [one.name, 'default'] } });
    const [mine, others] = [one, other].map(
      ({ name, within }) => new Traffic({ namespace: name, within }),
    );
    const seen = await watchedBy(watch, async () => {
      await others?.datagrams({ address: '127.0.0.1', count: 10, ways: ['bind'] });
      return (await mine?.datagrams({ address: '127.0.0.1', count: 10, ways: ['bind'] })) ?? [];
    });
    await watch.stop();
    assertPerfect(seen);
    assert.ok(seen.changes.every(({ Namespace: name }) => name !== other.name));
  });
});

/** A process that is the first of a pid namespace of its own, with a /proc of that namespace. */
async function nestedPidNamespace(): Promise<{ outer: ChildProcess; within: string[] }> {
  const args = ['--pid', '--fork', '--mount-proc', '--kill-child', 'sleep', '600'];
  const outer = spawn('unshare', args, { stdio: 'ignore' });
  await once(outer, 'spawn');
  let first = '';
  while (first === '') {
    first = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  while (!readFileSync(`/proc/${first}/cmdline`, 'utf8').startsWith('sleep')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { outer, within: ['nsenter', '--target', first, '--pid', '--mount'] };
}

describe('a pid namespace inside another', { skip }, () => {
  it('sees its own pids; processes outside of it are nobody', async () => {
    const { outer, within } = await nestedPidNamespace();
    const watch = await Watch.start({}, { within });
    const [inside, outside] = [new Traffic({ within }), new Traffic()];
    try {
      const own = { ...here, port: 0 };
      const server = await inside.serve({ style: 'quick', listen: own, reads: true });
      const foreign = await outside.serve({ style: 'quick', listen: own });
      const client = { style: 'quick', count: 50, sends: true } as const;
      const clients = await inside.connect({ ...client, to: server.places });
      const foreigners = await outside.connect({ ...client, to: foreign.places });
      const ends = [...clients, ...(await server.stop())];
      const foreignEnds = [...foreigners, ...(await foreign.stop())];
      // The test itself can't be seen from inside either: a socket of the inside is the sign.
      const [sign] = await inside.datagrams({ address: '127.0.0.1', count: 1, ways: ['bind'] });
      await watch.until((changes) =>
        changes.some((each) => each.Protocol === 'UDP' && each.LocalPort === sign?.localPort),
      );
      const changes = await watch.stop();
      assertPerfect({ ends, changes });
      assert.ok(
        ends.every(({ pid }) => pid < 1000),
        'the pids are those of the namespace',
      );
      const verdict = judge(foreignEnds, changes);
      assert.deepEqual([verdict.seen, verdict.right, verdict.wrong], [101, 0, 0]);
    } finally {
      await inside.end();
      await outside.end();
      await watch.worker.close();
      outer.kill('SIGKILL');
      await once(outer, 'close');
    }
  });
});
