// Who accepted a connection: several processes behind one port, in all the ways in which they come to
// be there. It is credited to the listener at once where there is one, and then to its own process.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, type Serving, Traffic } from '../../traffic/traffic.ts';
import type { End } from '../../traffic/truth.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { anywhere, assertPerfect, changesOf, sharedWatch, type Watched } from './support/live.ts';

if (await playTraffic()) process.exit();

async function connectTo(traffic: Traffic, server: Serving): Promise<readonly End[]> {
  const to = loopbacks(4, server.places[0]?.port ?? 0);
  const client = { style: 'node', to, count: 100, lifetime: 20, sends: true } as const;
  const clients = await Promise.all([traffic.connect(client), traffic.connect(client)]);
  return [...clients.flat(), ...(await server.stop())];
}

/** How the owner of each accepted connection is told, one word for each owner it had. */
function creditsOf({ ends, changes }: Watched): Set<string> {
  const accepted = ends.filter(({ part }) => part === 'server');
  return new Set(
    accepted.map((end) => {
      const told = changesOf(end, changes);
      const words = told.map(({ OwningProcess, Attribution, Change }) => {
        const who =
          OwningProcess === null ? 'nobody' : OwningProcess === end.pid ? 'it' : 'another';
        return `${Change === 'Reattributed' ? 'Reattributed: ' : ''}${who} by ${Attribution}`;
      });
      return words.filter((word, i) => word !== words[i - 1]).join(', ');
    }),
  );
}

const pidsOf = ({ ends }: Watched): number =>
  new Set(ends.filter(({ part }) => part === 'server').map(({ pid }) => pid)).size;

describe('an accepted connection', { skip: whyNoBpf() }, () => {
  const watched = sharedWatch();

  it('of the listener’s own process', async () => {
    const seen = await watched(async (traffic) =>
      connectTo(traffic, await traffic.serve({ style: 'node', listen: anywhere })),
    );
    assertPerfect(seen);
    assert.deepEqual(creditsOf(seen), new Set(['it by Listener, it by Kernel']));
  });

  for (const gives of ['listener', 'connections'] as const) {
    const how =
      gives === 'listener' ? 'of children that inherit the listener' : 'that is handed on';
    it(`${how} is the parent’s first, then the child’s`, async () => {
      const parent = { style: 'node', gives, listen: anywhere, children: 2 } as const;
      const seen = await watched(async (traffic) =>
        connectTo(traffic, await traffic.parent(parent)),
      );
      assertPerfect(seen);
      assert.equal(pidsOf(seen), 2);
      const expected = 'another by Listener, Reattributed: it by Kernel, it by Kernel';
      assert.deepEqual(creditsOf(seen), new Set([expected]));
    });
  }

  it('of processes that share a port is nobody’s first', async () => {
    const server = { style: 'node', listen: anywhere } as const;
    const seen = await watched(async (traffic) =>
      connectTo(traffic, await traffic.shared(3, server)),
    );
    assertPerfect(seen);
    assert.ok(pidsOf(seen) > 1);
    const expected = 'nobody by None, Reattributed: it by Kernel, it by Kernel';
    assert.deepEqual(creditsOf(seen), new Set([expected]));
  });

  it('of a listener that was open before the watch', async () => {
    const earlier = new Traffic();
    const parent = { style: 'node', gives: 'listener', listen: anywhere, children: 2 } as const;
    const server = await earlier.parent(parent);
    try {
      const seen = await watched(async (traffic) => connectTo(traffic, server));
      const ends = seen.ends.filter(({ part }) => part !== 'listener');
      assertPerfect({ ends, changes: seen.changes });
    } finally {
      await earlier.end();
    }
  });
});
