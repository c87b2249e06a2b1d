// What can't be used is made up for as far as that goes, and said.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, type Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { noNodeForOthers } from '../support/for-others.ts';
import { anywhere, changesOf, history, watchedBy } from './support/live.ts';
import { Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const skip = whyNoBpf();

/** A watch without some programs, and what is said about each. */
async function watchWithout(...without: readonly string[]): Promise<Watch> {
  const watch = await Watch.start({ without, interval: 50 });
  assert.equal(watch.source, 'Kernel');
  assert.equal(watch.whyNotBetter, null);
  await watch.until(() => watch.notes.length > without.length);
  for (const name of without) {
    const note = `The kernel program ${name} can't be used (it is left out); so `;
    assert.ok(
      watch.notes.some((each) => each.startsWith(note)),
      `${name}: ${watch.notes.join('\n')}`,
    );
  }
  return watch;
}

async function connect(traffic: Traffic, count: number) {
  const server = await traffic.serve({ style: 'node', listen: anywhere });
  const to = loopbacks(1, server.places[0]?.port ?? 0);
  const client = { style: 'node', to, count, lifetime: 20, sends: true } as const;
  return [...(await traffic.connect(client)), ...(await server.stop())];
}

describe('without a program', { skip }, () => {
  it('of TCP states: polling, which says why', async () => {
    const watch = await Watch.start({ without: ['state_changed'], interval: 50 });
    const { source, whyNotBetter } = watch;
    await watch.stop();
    assert.equal(source, 'Polling');
    assert.equal(
      whyNotBetter,
      "kernel events can't be used: the kernel program state_changed can't be used: it is left out",
    );
  });

  it('of TCP states, where nothing but kernel events will do: an error', async () => {
    const watch = await Watch.start({ without: ['state_changed'], source: 'Kernel' });
    assert.equal(watch.error?.code, 'PR_SOURCE_UNAVAILABLE');
    assert.match(watch.error.message, /kernel events can't be used: .* it is left out\.$/);
    assert.match(watch.error?.message ?? '', /state_changed can't be used/);
  });

  it('of first receives: an accepted connection is known by its goodbye', async () => {
    const watch = await watchWithout('tcp_received');
    const { ends, changes } = await watchedBy(watch, (traffic) => connect(traffic, 10));
    await watch.stop();
    for (const end of ends.filter(({ part }) => part === 'server')) {
      const told = changesOf(end, changes);
      const open = told.filter(({ State }) => State === 'Established');
      assert.ok(open.every(({ Attribution }) => Attribution === 'Listener'));
      assert.deepEqual([told.at(-1)?.Attribution, told.at(-1)?.OwningProcess], ['Kernel', end.pid]);
    }
  });

  it('of UDP sockets: they are seen in the tables, as inferred', async () => {
    const without = ['udp_created', 'udp_sent', 'released', 'bound_ipv4', 'bound_ipv6'];
    const watch = await watchWithout(...without);
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const mine = () =>
      watch.changes.filter((each) => each.Protocol === 'UDP' && each.LocalPort === port);
    await watch.until(() => mine().length === 1);
    socket.close();
    await watch.until(() => mine().length === 2);
    await watch.stop();
    assert.deepEqual(history(mine()), ['Appeared Bound', 'Disappeared Bound']);
    for (const { Source, OwningProcess } of mine()) {
      assert.deepEqual([Source, OwningProcess], ['Inferred', process.pid]);
    }
  });

  it('of forks and execs: programs have their names all the same', async () => {
    const watch = await watchWithout('process_forked', 'process_executed');
    const { ends, changes } = await watchedBy(watch, (traffic) => connect(traffic, 10));
    await watch.stop();
    for (const end of ends) {
      assert.ok(changesOf(end, changes).every(({ ProcessName }) => ProcessName === 'node'));
    }
  });

  it('of exits: the end of a watched process is noticed, and the watch ends', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    children.push(child);
    const filter = { processId: [String(child.pid)] };
    const watch = await Watch.start({ without: ['process_exited'], interval: 50, filter });
    child.kill('SIGKILL');
    await watch.over;
    await watch.worker.close();
    const [exit] = watch.changes;
    assert.deepEqual(
      [exit?.Change, exit?.OwningProcess, exit?.ProcessName],
      ['ProcessExited', child.pid, 'sleep'],
    );
    // Which of the two looks comes first: the one at the start, or the one of every 50 ms.
    assert.ok(exit?.Source === 'Polling' || exit?.Source === 'Inferred', exit?.Source);
  });

  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill('SIGKILL');
  });
});

describe('without rights', () => {
  const noUser =
    process.geteuid?.() === 0 ? noNodeForOthers : 'it takes root to become another user';
  it('polling, which says what it would need', { skip: noUser }, async () => {
    const watch = await Watch.start({ interval: 50 }, { uid: 65_534 });
    const { source, whyNotBetter, error } = watch;
    if (error === undefined) await watch.stop();
    assert.equal(error, undefined);
    assert.equal(source, 'Polling');
    assert.match(
      whyNotBetter ?? '',
      /^kernel events can't be used: .*it needs root, or the capabilities CAP_BPF/,
    );
  });
});
