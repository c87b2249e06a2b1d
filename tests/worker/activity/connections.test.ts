// Every connection is seen, at both ends, in order, once, and in the end with its own process.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, type Serving, type Traffic } from '../../traffic/traffic.ts';
import type { End } from '../../traffic/truth.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { anywhere, assertPerfect, changesOf, history, sharedWatch } from './support/live.ts';

if (await playTraffic()) process.exit();

const placesOf = (server: Serving, count = 4) => loopbacks(count, server.places[0]?.port ?? 0);

/** Both ends of a few connections of each kind that can end the way it is asked for. */
async function connectTo(
  traffic: Traffic,
  server: Serving,
  about: Partial<Parameters<Traffic['connect']>[0]> = {},
): Promise<readonly End[]> {
  const to = placesOf(server);
  const clients = await traffic.connect({ style: 'quick', to, count: 50, ...about });
  return [...clients, ...(await server.stop())];
}

describe('connections', { skip: whyNoBpf() }, () => {
  const watched = sharedWatch();

  it('over IPv6, and over IPv4 to a listener of both', async () => {
    const seen = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'quick', listen: { address: '::', port: 0 } });
      const port = server.places[0]?.port ?? 0;
      const to = [{ address: '::1', port }];
      const over4 = await traffic.connect({ style: 'quick', to: loopbacks(2, port), count: 50 });
      const over6 = await traffic.connect({ style: 'node', to, count: 50, lifetime: 20 });
      return [...over4, ...over6, ...(await server.stop())];
    });
    assertPerfect(seen);
    const families = new Set(seen.ends.map(({ local }) => local.replace(/.*[^:]:.*/, 'mapped')));
    assert.ok(families.has('::1') && families.has('mapped'), [...families].join());
  });

  it('that several threads of a process make and accept, as the process’s own', async () => {
    const seen = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'quick', listen: anywhere, threads: 3 });
      return await connectTo(traffic, server, { count: 300, threads: 3 });
    });
    const { ends } = assertPerfect(seen);
    assert.equal(ends, 601);
  });

  it('that are refused', async () => {
    const seen = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'quick', listen: anywhere });
      const to = placesOf(server);
      await server.stop();
      return await traffic.connect({ style: 'quick', to, count: 100 });
    });
    assertPerfect(seen);
    for (const end of seen.ends) {
      const expected = ['Appeared SynSent', 'Disappeared SynSent'];
      assert.deepEqual(history(changesOf(end, seen.changes)), expected);
    }
  });

  it('that bind their own end first', async () => {
    const seen = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'quick', listen: anywhere, reads: true });
      return await connectTo(traffic, server, { from: '127.0.0.7', sends: true });
    });
    assertPerfect(seen);
    const clients = seen.ends.filter(({ part }) => part === 'client');
    // The kernel may give a port again once it is free.
    const client = clients.find(
      ({ localPort }) => clients.filter((each) => each.localPort === localPort).length === 1,
    );
    assert.ok(client !== undefined);
    const bound = { ...client, remote: null, remotePort: null };
    assert.deepEqual(history(changesOf(bound, seen.changes)), ['Appeared Bound']);
  });

  it('that the client resets, read or unread', async () => {
    for (const reads of [true, false]) {
      const seen = await watched(async (traffic) => {
        const server = await traffic.serve({ style: 'quick', listen: anywhere, reads });
        return await connectTo(traffic, server, { ending: 'reset', sends: true });
      });
      assertPerfect(seen);
    }
  });

  it('that the server resets, and that it ends first', async () => {
    for (const ending of ['serverReset', 'server'] as const) {
      const seen = await watched(async (traffic) => {
        const server = await traffic.parent({
          ...{ style: 'quick', gives: 'listener', ending },
          ...{ listen: anywhere, children: 2 },
        });
        return await connectTo(traffic, server, { ending: 'server' });
      });
      assertPerfect(seen);
    }
  });
});
