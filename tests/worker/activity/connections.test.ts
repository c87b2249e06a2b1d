// Every connection is seen, at both ends, in order, once, and in the end with its own process.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, type Verdict } from '../../traffic/judge.ts';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, Traffic } from '../../traffic/traffic.ts';
import type { End } from '../../traffic/truth.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const full = process.env.PORTREPORTER_TEST_FULL === '1';
const anywhere = { address: '0.0.0.0', port: 0 };

/** What the work gave as truth, against what a watch told of it. */
async function watched(work: (traffic: Traffic) => Promise<readonly End[]>): Promise<Verdict> {
  const watch = await Watch.start();
  const traffic = new Traffic();
  try {
    const ends = await work(traffic);
    const changes = await watch.all();
    return judge(ends, changes);
  } finally {
    await traffic.end();
  }
}

function assertPerfect(verdict: Verdict, ends: number): void {
  assert.deepEqual(verdict.faults, []);
  assert.deepEqual(verdict, { ends, seen: ends, right: ends, wrong: 0, faults: [] });
}

describe('connections', { skip: whyNoBpf() }, () => {
  it('20,000 short ones as fast as the machine makes them', async () => {
    const count = 20_000;
    const verdict = await watched(async (traffic) => {
      const listen = anywhere;
      const server = await traffic.parent({
        style: 'quick',
        listen,
        children: 2,
        gives: 'listener',
      });
      const port = server.places[0]?.port ?? 0;
      const client = { style: 'quick', threads: 2, to: loopbacks(8, port) } as const;
      const clients = await Promise.all(
        [1, 2].map(() => traffic.connect({ ...client, count: count / 2 })),
      );
      return [...clients.flat(), ...(await server.stop())];
    });
    assertPerfect(verdict, 2 * count + 1);
  });

  it('1,000 a second that live up to 100 ms', async () => {
    const count = full ? 30_000 : 3000;
    const verdict = await watched(async (traffic) => {
      const server = await traffic.serve({ style: 'node', listen: anywhere });
      const to = loopbacks(4, server.places[0]?.port ?? 0);
      const client = { style: 'node', to, rate: 500, lifetime: 100, sends: true } as const;
      const clients = await Promise.all(
        [1, 2].map(() => traffic.connect({ ...client, count: count / 2 })),
      );
      return [...clients.flat(), ...(await server.stop())];
    });
    assertPerfect(verdict, 2 * count + 1);
  });
});
