// UDP sockets that live no time at all: bound, given a port by what they send or by connect(), or never
// given one; in two network namespaces that look alike.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { assertPerfect, history, sharedWatch } from './support/live.ts';

if (await playTraffic()) process.exit();

const ways = ['bind', 'send', 'connect', 'nothing'] as const;

describe('UDP sockets of 0 ms', { skip: noNamespaces || whyNoBpf() }, () => {
  const watched = sharedWatch();
  const namespaces: Namespace[] = [];
  before(() => {
    for (let i = 0; i < 2; i++) namespaces.push(new Namespace());
  });
  after(() => {
    for (const namespace of namespaces) namespace.delete();
  });

  it('3,000 in two namespaces are all seen, each with its process', async () => {
    const players = namespaces.map(({ name, within }) => new Traffic({ namespace: name, within }));
    const seen = await watched(async () => {
      const made = await Promise.all(
        players.map((each) => each.datagrams({ address: '127.0.0.1', count: 2000, ways })),
      );
      return made.flat();
    });
    assert.equal(seen.ends.length, 3000);
    assertPerfect(seen);
    const pids = new Set(seen.ends.map(({ pid }) => pid));
    const told = seen.changes.filter(({ OwningProcess }) => pids.has(OwningProcess ?? 0));
    assert.equal(told.length, 2 * 3000, 'nothing is told of those without a port');
    assert.deepEqual(new Set(history(told)), new Set(['Appeared Bound', 'Disappeared Bound']));
  });

  it('over IPv6 as well', async () => {
    const seen = await watched((traffic) =>
      traffic.datagrams({ address: '::1', count: 100, ways }),
    );
    assert.equal(seen.ends.length, 75);
    assertPerfect(seen);
  });
});
