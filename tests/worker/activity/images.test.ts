// What is known of a process from the events, and from the process tables while it is there.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventKind } from '../../../native/linux/bpf/event-record.ts';
import { facts } from '../support/rows.ts';
import { Bench, bootMoment, type MadeEvent, tcp } from './support/events.ts';

const startTime = bootMoment + 100;
const settled = async () => new Set<number>();
const curl = facts(10, {
  name: 'curl',
  path: '/usr/bin/curl',
  commandLine: 'curl localhost',
  user: 'alice',
  services: [],
  startTime,
});

const connecting: MadeEvent = { pid: 10, to: tcp.synSent, local: '127.0.0.1 1', uid: 1000 };
const executed: MadeEvent = { kind: EventKind.Executed, pid: 10, path: './curl', name: 'curl' };

const ownerOf = (bench: Bench) => bench.model.entries.get(1)?.ownership.owner;

describe('the facts of a process', () => {
  it('are read where it is still there', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply(executed, connecting);
    await bench.images.readWanted(settled);
    const { name, path, commandLine, user, services } = ownerOf(bench) ?? curl;
    assert.deepEqual(
      [name, path, commandLine, user, services],
      ['curl', '/usr/bin/curl', 'curl localhost', 'alice', []],
    );
  });

  it('are what the events said where it is gone, its path marked as typed', async () => {
    const bench = new Bench();
    bench.apply(executed, connecting);
    await bench.images.readWanted(settled);
    const owner = ownerOf(bench);
    assert.deepEqual(
      [owner?.pid, owner?.name, owner?.path, owner?.user, owner?.startTime],
      [10, 'curl', './curl (as typed)', 'user 1000', startTime],
    );
  });

  it('have the whole of a name that the kernel cuts', async () => {
    const bench = new Bench();
    const path = '/opt/a-very-long-program-name';
    bench.apply({ ...executed, path, name: 'a-very-long-pro' }, connecting);
    assert.equal(ownerOf(bench)?.name, 'a-very-long-program-name');
  });

  it('are not those of another process that has the pid by now', async () => {
    const bench = new Bench();
    bench.alive.set(10, { ...curl, startTime: startTime + 60_000 });
    bench.apply(executed, connecting);
    await bench.images.readWanted(settled);
    assert.equal(ownerOf(bench)?.path, './curl (as typed)');
  });

  it('are not those of the program that it executed just before it was read', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply({ ...connecting, name: 'wrapper' });
    await bench.images.readWanted(async () => new Set([10])); // heard of it while the facts were read
    assert.deepEqual([ownerOf(bench)?.name, ownerOf(bench)?.path], ['wrapper', null]);
    bench.apply(executed, { ...connecting, cookie: 2, local: '127.0.0.1 2' });
    await bench.images.readWanted(settled);
    assert.equal(bench.model.entries.get(2)?.ownership.owner?.path, '/usr/bin/curl');
    assert.equal(ownerOf(bench)?.name, 'wrapper');
  });

  it('are not those of a program that it was about to execute, whose exec is told a little later', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply({ ...connecting, name: 'wrapper' });
    const heard = new Set<number>();
    const told = setTimeout(() => heard.add(10), 5);
    await bench.images.readWanted(async () => heard);
    clearTimeout(told);
    assert.deepEqual([ownerOf(bench)?.name, ownerOf(bench)?.path], ['wrapper', null]);
  });

  it('count for nothing where it may have executed another program unheard, until the next look', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply({ ...connecting, name: 'wrapper' });
    await bench.images.readWanted(async () => null);
    const { name, path, user } = ownerOf(bench) ?? curl;
    assert.deepEqual([name, path, user], ['wrapper', null, 'user 1000']);
    bench.apply({ ...connecting, cookie: 2, local: '127.0.0.1 2' });
    await bench.images.readWanted(settled);
    assert.equal(ownerOf(bench)?.path, '/usr/bin/curl');
  });

  it('are read again under another user', async () => {
    const bench = new Bench();
    bench.apply(executed, { ...connecting, uid: 0 });
    await bench.images.readWanted(settled);
    bench.apply({ ...connecting, cookie: 2, local: '127.0.0.1 2' });
    await bench.images.readWanted(settled);
    const later = bench.model.entries.get(2)?.ownership.owner;
    assert.deepEqual([ownerOf(bench)?.user, later?.user], ['user 0', 'user 1000']);
    assert.deepEqual([later?.pid, later?.name, later?.path], [10, 'curl', './curl (as typed)']);
  });

  it('are read once', async () => {
    const bench = new Bench();
    bench.apply(connecting);
    await bench.images.readWanted(settled);
    let settles = 0;
    const count = async () => {
      settles += 1;
      return new Set<number>();
    };
    bench.apply({ ...connecting, cookie: 2, local: '127.0.0.1 2' });
    await bench.images.readWanted(count);
    assert.equal(settles, 0);
  });

  it('that were read before are remembered', () => {
    const bench = new Bench();
    bench.images.remember(curl);
    bench.apply(connecting);
    assert.equal(ownerOf(bench)?.path, '/usr/bin/curl');
    bench.images.remember({ ...curl, path: '/other' });
    bench.images.remember({ ...curl, pid: 11, startTime: null });
    assert.equal(ownerOf(bench)?.path, '/usr/bin/curl');
  });
});

describe('a child that executes nothing', () => {
  const child = { ...connecting, pid: 11, started: 200 };

  it('runs its parent’s program', () => {
    const bench = new Bench();
    const forked = { kind: EventKind.Forked, pid: 11, started: 200, parent: 10, name: 'curl' };
    bench.apply(executed, forked, child);
    assert.equal(ownerOf(bench)?.path, './curl (as typed)');
  });

  it('runs the program of a parent that was there before us', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply({ kind: EventKind.Forked, pid: 11, started: 200, parent: 10, name: 'curl' }, child);
    await bench.images.readWanted(settled);
    assert.deepEqual([ownerOf(bench)?.path, ownerOf(bench)?.user], ['/usr/bin/curl', 'user 1000']);
  });

  it('has no path where its parent executed another since', async () => {
    const bench = new Bench();
    bench.alive.set(10, curl);
    bench.apply({ kind: EventKind.Forked, pid: 11, started: 200, parent: 10 }, child, executed);
    await bench.images.readWanted(settled);
    assert.equal(ownerOf(bench)?.path, null);
  });
});

describe('a process that ended', () => {
  it('is known to be gone for ten seconds, by pid and start time', () => {
    const bench = new Bench();
    bench.apply(connecting, { kind: EventKind.Exited, pid: 10, at: 2000 });
    assert.ok(bench.images.hasEnded(facts(10, { startTime })));
    assert.ok(!bench.images.hasEnded(facts(10, { startTime: startTime + 9000 })));
    assert.ok(!bench.images.hasEnded(facts(11, { startTime })));
    bench.images.forget(12_000);
    assert.ok(bench.images.hasEnded(facts(10, { startTime })));
    bench.images.forget(12_001);
    assert.ok(!bench.images.hasEnded(facts(10, { startTime })));
  });

  it('is not forgotten in the place of the next one with its pid', () => {
    const bench = new Bench();
    bench.apply(connecting, { kind: EventKind.Exited, pid: 10, at: 2000 });
    const next = { ...connecting, started: 5000, cookie: 2, local: '127.0.0.1 2' };
    bench.apply(next);
    bench.images.forget(60_000);
    bench.apply({ ...next, cookie: 3, local: '127.0.0.1 3' });
    const owner = (cookie: number) => bench.model.entries.get(cookie)?.ownership.owner;
    assert.equal(owner(2), owner(3));
    assert.notEqual(owner(1), owner(2));
  });
});

describe('a clock that is set', () => {
  it('moves start times, so that a process stays the same', () => {
    const bench = new Bench();
    bench.apply(connecting);
    const image = ownerOf(bench);
    assert.ok(image !== undefined && image !== null);
    bench.images.moveStartTimes(3_600_000, []);
    assert.equal(image.startTime, startTime + 3_600_000);
  });
});
