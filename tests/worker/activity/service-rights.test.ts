// A watch with no more rights than the recorder's service has: it sees as much as root does.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { anywhere, assertPerfect, watchedBy } from './support/live.ts';
import { Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const rights = ['bpf', 'perfmon', 'net_admin', 'sys_ptrace', 'dac_read_search'];
const within = [
  ...['setpriv', '--no-new-privs', '--inh-caps=-all', '--ambient-caps=-all'],
  `--bounding-set=-all,${rights.map((each) => `+${each}`).join()}`,
];
const noTool = spawnSync('setpriv', ['--version']).error ? 'setpriv is not installed' : false;

async function exchange(traffic: Traffic) {
  const server = await traffic.serve({ style: 'quick', listen: anywhere, reads: true });
  const [place] = server.places;
  const to = [{ address: '127.0.0.1', port: place?.port ?? 0 }];
  const clients = await traffic.connect({ style: 'quick', to, count: 100, sends: true });
  const ways = ['bind', 'send', 'connect'] as const;
  const datagrams = await traffic.datagrams({ address: '127.0.0.1', count: 30, ways });
  return [...clients, ...datagrams, ...(await server.stop())];
}

describe('a watch with the rights of a service', {
  skip: noNamespaces || whyNoBpf() || noTool,
}, () => {
  const namespaces: Namespace[] = [];
  before(() => {
    namespaces.push(new Namespace());
  });
  after(() => {
    for (const namespace of namespaces) namespace.delete();
  });

  it('sees the same, in other network namespaces, too', async () => {
    const watch = await Watch.start({}, { within });
    assert.equal(watch.source, 'Kernel');
    const others = namespaces.map(({ name, within }) => new Traffic({ namespace: name, within }));
    const seen = await watchedBy(watch, async (traffic) =>
      (await Promise.all([traffic, ...others].map(exchange))).flat(),
    );
    await watch.stop();
    assertPerfect(seen);
    const isSaid = (text: RegExp) => watch.notes.some((note) => text.test(note));
    // Our own walks need not enter another namespace; the kernel's iterators must, and may not.
    const isMissing = isSaid(
      /what no process holds there .* is missing \(setns\(\) failed: EPERM\)/,
    );
    assert.equal(isMissing, isSaid(/by the kernel's iterators/), watch.notes.join('\n'));
  });
});
