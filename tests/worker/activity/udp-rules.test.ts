// The rules by which events of UDP sockets become changes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventKind } from '../../../native/linux/bpf/event-record.ts';
import { Bench, type MadeEvent, say, tcp } from './support/events.ts';

const udp = { udp: true } as const;
const created: MadeEvent = { ...udp, kind: EventKind.Created };
const bound: MadeEvent = { ...udp, kind: EventKind.Bound, local: '127.0.0.1 53' };
const released: MadeEvent = { ...bound, kind: EventKind.Released };
const connected = {
  local: '127.0.0.1 40000',
  remote: '127.0.0.1 9',
  from: tcp.established,
  to: tcp.established,
};

const lines = (bench: Bench, ...events: readonly MadeEvent[]) => bench.apply(...events).map(say);

describe('a UDP socket', () => {
  it('is an endpoint from bind() to its release', () => {
    const bench = new Bench();
    assert.deepEqual(lines(bench, created, bound, released), [
      'Appeared Bound 127.0.0.1:53 of 10 Kernel',
      'Disappeared Bound 127.0.0.1:53 of 10 Kernel',
    ]);
    assert.equal(bench.model.entries.size, 0);
  });

  it('is seen by what it sends', () => {
    const sent = { ...udp, kind: EventKind.Sent, local: '0.0.0.0 40000' };
    assert.deepEqual(lines(new Bench(), created, sent), [
      'Appeared Bound 0.0.0.0:40000 of 10 Kernel',
    ]);
  });

  it('that was only connected is seen when it is released, with both ends', () => {
    const end = { ...udp, ...connected, kind: EventKind.Released };
    assert.deepEqual(lines(new Bench(), created, end), [
      'Appeared Bound 127.0.0.1:40000>127.0.0.1:9 of 10 Kernel',
      'Disappeared Bound 127.0.0.1:40000>127.0.0.1:9 of 10 Kernel',
    ]);
  });

  it('that was only connected is its maker’s, whoever is the last to let go', () => {
    const end = { ...udp, ...connected, kind: EventKind.Released, pid: 8 };
    const ownerOf = (...events: readonly MadeEvent[]) =>
      / of (\w+) /.exec(lines(new Bench(), ...events).at(-1) ?? '')?.[1];
    assert.equal(ownerOf(created, end), '10');
    assert.equal(ownerOf(created, { kind: EventKind.Exited }, end), '10');
    assert.equal(ownerOf(end), '8', 'its making was not seen');
  });

  it('that connects after bind() changes', () => {
    const sent = { ...udp, ...connected, kind: EventKind.Sent };
    const local = { ...bound, local: connected.local };
    assert.deepEqual(lines(new Bench(), created, local, sent, sent), [
      'Appeared Bound 127.0.0.1:40000 of 10 Kernel',
      'Changed Bound>Bound 127.0.0.1:40000>127.0.0.1:9 of 10 Kernel',
    ]);
  });

  it('that never had a port is none', () => {
    const bench = new Bench();
    const never = { ...udp, kind: EventKind.Released };
    assert.deepEqual(lines(bench, created, never), []);
    assert.equal(bench.rules.udp.makerOf(1), null);
  });

  it('is its maker’s where the kernel itself gives it a port', () => {
    const byKernel = { ...bound, isKernelThread: true };
    assert.deepEqual(lines(new Bench(), created, byKernel), [
      'Appeared Bound 127.0.0.1:53 of 10 Kernel',
    ]);
  });

  it('asks the tables while it may have got a port unseen', () => {
    const bench = new Bench();
    bench.apply({ ...created, at: 2000 });
    assert.ok(bench.rules.udp.asksTables(1999, 2000));
    assert.ok(!bench.rules.udp.asksTables(2000, 3000), 'the tables were read after it');
    assert.ok(!bench.rules.udp.asksTables(1000, 1999), 'it is too young');
    assert.equal(bench.rules.udp.makerOf(1)?.owner?.pid, 10);
    bench.apply(bound);
    assert.ok(!bench.rules.udp.asksTables(1999, 2000));
  });

  it('of which the end is never told is forgotten in the end', () => {
    const bench = new Bench();
    for (let cookie = 1; cookie <= 16_385; cookie++) bench.apply({ ...created, cookie });
    assert.equal(bench.rules.udp.makerOf(1), null);
    assert.notEqual(bench.rules.udp.makerOf(2), null);
    assert.notEqual(bench.rules.udp.makerOf(16_385), null);
  });

  it('from before the tables were read counts where they missed it', () => {
    const bench = new Bench();
    assert.equal(bench.applyEarly(created, bound, bound).length, 1);
    assert.equal(bench.applyEarly(released).length, 1);
    const other = { ...released, cookie: 9 };
    assert.deepEqual(bench.applyEarly(other), [], 'nobody saw it come');
  });
});
