// Many connections at once, and many a second. They are made in a network namespace of their own, since
// what is left of them stays in the kernel for a minute (TIME_WAIT), or as long as the namespace.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, type Serving } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { anywhere, assertPerfect, sharedWatch } from './support/live.ts';

if (await playTraffic()) process.exit();

/** The whole of what was promised takes half a minute. */
const full = process.env.PORTREPORTER_TEST_FULL === '1';

const placesOf = (server: Serving, count: number) => loopbacks(count, server.places[0]?.port ?? 0);

describe('connections', { skip: noNamespaces || whyNoBpf() }, () => {
  const watched = sharedWatch();
  let namespace: Namespace;
  const where = () => ({ namespace: namespace.name, within: namespace.within });
  before(() => {
    namespace = new Namespace();
  });
  after(() => namespace.delete());

  it('20,000 short ones as fast as the machine makes them', async () => {
    const count = 20_000;
    const seen = await watched(async (traffic) => {
      const listen = anywhere;
      const server = await traffic.parent({
        ...{ style: 'quick', gives: 'listener' },
        ...{ listen, children: 2 },
      });
      const client = { style: 'quick', threads: 2, to: placesOf(server, 8) } as const;
      const clients = await Promise.all(
        [1, 2].map(() => traffic.connect({ ...client, count: count / 2 })),
      );
      return [...clients.flat(), ...(await server.stop())];
    }, where());
    const { ends } = assertPerfect(seen);
    assert.equal(ends, 2 * count + 1);
  });

  it(`1,000 a second for ${full ? 30 : 3} s that live up to 100 ms`, async () => {
    const count = full ? 30_000 : 3000;
    const seen = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'node', listen: anywhere });
      const to = placesOf(server, 4);
      const client = { style: 'node', to, rate: 500, lifetime: 100, sends: true } as const;
      const clients = await Promise.all(
        [1, 2].map(() => traffic.connect({ ...client, count: count / 2 })),
      );
      return [...clients.flat(), ...(await server.stop())];
    }, where());
    const { ends } = assertPerfect(seen);
    assert.equal(ends, 2 * count + 1);
  });
});
