// Our own walks over files and port tables where they have to go on later, or to leave the work to the
// kernel's iterators.

import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfTable } from '../../../ts-worker/src/endpoints/linux-bpf.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Actor } from '../support/actor.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';

const read = async (table: BpfTable, { named = false, timeWaits = true } = {}) => {
  const { sockets, notes } = await table.read({ named, timeWaits, onHeld: () => {} });
  return { sockets: [...sockets], notes };
};

describe('our own walks', { skip: whyNoBpf() || noNamespaces }, () => {
  const table = new BpfTable();
  after(() => table.close());

  it('go on where their room was full, each socket once', async () => {
    const namespace = new Namespace();
    const actor = await Actor.start(namespace);
    const listeners = [8001, 8002, 8003];
    const each = 3000; // more together than either has room for
    namespace.run('sysctl', '-q', '-w', `net.core.somaxconn=${each}`);
    for (const port of listeners) await actor.crowd(`127.0.0.1 ${port}`, each);
    const { sockets, notes } = await read(table);
    const inside = sockets.filter((socket) => socket.namespace === namespace.name);
    await actor.stop();
    namespace.delete();
    assert.deepEqual(notes, []);
    const ends = inside.map(({ localPort, remotePort }) => `${localPort} ${remotePort}`);
    assert.equal(new Set(ends).size, ends.length);
    const waiting = inside.filter(({ holders, state }) => {
      return holders.length === 0 && state === 'Established';
    });
    assert.equal(waiting.length, each * listeners.length);
    const held = inside.filter(({ holders }) => holders.length > 0);
    assert.equal(held.length, (each + 1) * listeners.length);
    assert.ok(held.every(({ holders }) => holders[0]?.pid === actor.pid));
  });

  it('give a cookie to each socket where it is asked for', async () => {
    const namespace = new Namespace();
    const actor = await Actor.start(namespace);
    await actor.listen('127.0.0.1 8080');
    await actor.connect('127.0.0.1 40001', '127.0.0.1 8080'); // is not accepted
    const inside = async (named: boolean) => {
      const { sockets } = await read(table, { named });
      return sockets.filter((socket) => socket.namespace === namespace.name);
    };
    const before = await inside(false);
    const named = await inside(true);
    const later = await inside(false);
    await actor.stop();
    namespace.delete();
    const ports = (sockets: typeof before) => sockets.map(({ localPort }) => localPort).sort();
    assert.deepEqual(ports(before), [40001, 8080, 8080]);
    assert.deepEqual(ports(named), ports(before));
    assert.ok(named.every(({ cookie }) => cookie !== null));
    const cookies = (sockets: typeof before) => new Set(sockets.map(({ cookie }) => cookie));
    assert.deepEqual(cookies(later), cookies(named));
  });

  it('leave out what is in TIME_WAIT, and nothing else, where that is asked for', async () => {
    const namespace = new Namespace();
    const actor = await Actor.start(namespace);
    const listener = await actor.listen('127.0.0.1 8080');
    const [early, late] = ['127.0.0.1 40001', '127.0.0.1 40002'];
    for (const from of [early, late]) {
      const client = await actor.connect(from, '127.0.0.1 8080');
      const server = await actor.accept(listener);
      await actor.close(client);
      if (from === late) await actor.close(server); // else the client's end is an orphan in FIN_WAIT2
    }
    await actor.connect('127.0.0.1 40003', '127.0.0.1 8080');
    const inside = async (timeWaits: boolean) => {
      const { sockets } = await read(table, { timeWaits });
      return sockets
        .filter((socket) => socket.namespace === namespace.name)
        .map(({ state, localPort }) => `${state} ${localPort}`)
        .sort();
    };
    const [all, others] = [await inside(true), await inside(false)];
    await actor.stop();
    namespace.delete();
    assert.ok(all.includes('TimeWait 40002'), all.join());
    assert.ok(all.includes('FinWait2 40001'), all.join());
    assert.deepEqual(
      others,
      all.filter((each) => !each.startsWith('TimeWait')),
    );
  });

  it('leave it to the iterators where a namespace has tables of its own', async (test) => {
    const outer = new Namespace();
    try {
      outer.run('sysctl', '-q', '-w', 'net.ipv4.tcp_child_ehash_entries=64');
    } catch {
      return test.skip('this kernel has one table for all namespaces');
    }
    const [, ...within] = outer.within;
    const inner = await Actor.start({ within: ['ip', ...within, 'unshare', '--net'] });
    await inner.udp('0.0.0.0 5001');
    const { sockets, notes } = await read(table);
    await inner.stop();
    outer.delete();
    assert.match(notes.join(), /longer by the kernel's iterators: .* tables of its own\./);
    const [found, ...more] = sockets.filter(({ localPort, holders }) => {
      return localPort === 5001 && holders[0]?.pid === inner.pid;
    });
    assert.equal(found?.protocol, 'UDP');
    assert.deepEqual(more, []);
    for (let tries = 0; tries < 100; tries++) {
      if ((await read(table)).notes.length === 0) return;
      await sleep(100); // a namespace goes some moments after the last that held it
    }
    assert.fail('they are not taken again when it is gone');
  });

  it('never take a socket for another one while thousands come and go', async () => {
    const namespace = new Namespace();
    const actor = await Actor.start(namespace);
    const listener = await actor.listen('127.0.0.1 8080');
    const seen: number[] = [];
    let isOver = false;
    const over = actor.churn('127.0.0.1 8080', listener, 10_000).then(() => {
      isOver = true;
    });
    while (!isOver) {
      const { sockets } = await read(table);
      const inside = sockets.filter((socket) => socket.namespace === namespace.name);
      const kept = inside.filter(({ state }) => state === 'Listen');
      seen.push(kept.length);
      for (const { holders, state } of inside) {
        assert.ok(
          holders.every(({ pid }) => pid === actor.pid),
          state,
        );
      }
    }
    await over;
    await actor.stop();
    namespace.delete();
    assert.ok(seen.length > 5);
    assert.ok(seen.every((count) => count === 1));
  });
});
