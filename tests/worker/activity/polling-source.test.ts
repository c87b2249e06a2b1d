// Polling over tables and processes made up by the test.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PollingSource } from '../../../ts-worker/src/activity/polling-source.ts';
import type { ClosedEndpoint } from '../../../ts-worker/src/activity/source.ts';
import type { OpenSocket } from '../../../ts-worker/src/endpoints/source.ts';
import type { Change } from '../../../ts-worker/src/model/change.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { Snapshots } from '../../../ts-worker/src/snapshot/snapshot.ts';
import { BootClock } from '../../../ts-worker/src/time/boot-clock.ts';
import { facts, heldBy, socket } from '../support/rows.ts';
import { bootMoment, say } from './support/events.ts';

const connection = { remoteAddress: '127.0.0.1', remotePort: 50_000, cookie: 7 } as const;

/** A machine that is polled; `poll` makes one more reading and gives what it tells. */
class Machine {
  sockets: readonly OpenSocket[] = [];
  processes: readonly ProcessFacts[] = [];
  closed: ClosedEndpoint[] = [];
  lost = false;
  broken = false;
  moment = bootMoment;
  readonly notes: string[] = [];
  readonly source: PollingSource;
  hasClosed = false;
  #whenTold: (changes: readonly Change[]) => void = () => {};
  #failed: (error: unknown) => void = () => {};
  isBusy: Promise<void> = Promise.resolve();

  constructor(watched: readonly number[] = []) {
    const table = { source: 'Test', start: 0, end: 1, elevated: true, closed: [], notes: [] };
    const endpoints = {
      read: () => {
        if (this.broken) throw new Error('no table');
        return { ...table, sockets: this.sockets };
      },
      close: () => {},
    };
    const read = async (pids: ReadonlySet<number>) =>
      new Map(this.processes.filter(({ pid }) => pids.has(pid)).map((each) => [each.pid, each]));
    const closed = {
      take: () => ({ closed: this.closed.splice(0), lost: this.lost }),
      close: () => {
        this.hasClosed = true;
      },
    };
    const since = () => performance.now();
    const clock = new BootClock({
      boot: since,
      monotonic: since,
      real: () => this.moment + since(),
    });
    const options = { interval: 1, watchedProcesses: new Set(watched) };
    this.source = new PollingSource(new Snapshots(endpoints, { read }), { read }, options, {
      closed,
      clock,
    });
  }

  async start() {
    return await this.source.start({
      ready: () => this.isBusy,
      changes: (changes) => this.#whenTold(changes),
      note: (text) => this.notes.push(text),
      failed: (error) => this.#failed(error),
    });
  }

  /** The next changes that are told. */
  async told(): Promise<string[]> {
    const changes = await new Promise<readonly Change[]>((resolve, reject) => {
      this.#whenTold = resolve;
      this.#failed = reject;
    });
    return changes.map(say);
  }
}

async function polled(
  before: readonly OpenSocket[],
  after: readonly OpenSocket[],
  about: Partial<Machine> = {},
): Promise<string[]> {
  const machine = new Machine();
  machine.sockets = before;
  machine.processes = [facts(10, { startTime: 1000 }), facts(20, { startTime: 1000 })];
  await machine.start();
  Object.assign(machine, about);
  machine.sockets = after;
  const told = await machine.told();
  await machine.source.stop();
  return told;
}

describe('polling', () => {
  it('gives what is open when it starts', async () => {
    const machine = new Machine();
    machine.sockets = [heldBy([10], { cookie: 1 })];
    const existing = await machine.start();
    await machine.source.stop();
    assert.equal(existing.length, 1);
    assert.ok(machine.hasClosed);
  });

  it('tells what appeared, changed and disappeared', async () => {
    const open = { ...connection, state: 'Established' } as const;
    const told = await polled(
      [heldBy([10], open), heldBy([10], { cookie: 8 })],
      [heldBy([10], { ...open, state: 'CloseWait' }), heldBy([20], { cookie: 9, localPort: 81 })],
    );
    assert.deepEqual(told, [
      'Disappeared Listen 127.0.0.1:80 of 10 Table Polling',
      'Changed Established>CloseWait 127.0.0.1:80>127.0.0.1:50000 of 10 Table Polling',
      'Appeared Listen 127.0.0.1:81 of 20 Table Polling',
    ]);
  });

  it('tells of another owner; what nobody holds any more keeps its last', async () => {
    const told = await polled(
      [heldBy([10], connection), heldBy([10], { ...connection, cookie: 8 })],
      [
        heldBy([20], connection),
        socket({ ...connection, cookie: 8, state: 'TimeWait', ownerless: true }),
      ],
    );
    assert.deepEqual(told, [
      'Reattributed Listen 127.0.0.1:80>127.0.0.1:50000 of 20 Table Polling',
      'Changed Listen>TimeWait 127.0.0.1:80>127.0.0.1:50000 of 10 Cached Polling',
    ]);
  });

  it('tells endpoints without a cookie apart by their ends, and listeners by their owner', async () => {
    const [one, two] = [heldBy([10]), heldBy([20])];
    const told = await polled([one, two], [two, heldBy([10], { localPort: 81 })]);
    assert.deepEqual(told, [
      'Disappeared Listen 127.0.0.1:80 of 10 Table Polling',
      'Appeared Listen 127.0.0.1:81 of 10 Table Polling',
    ]);
    const same = [heldBy([10]), heldBy([10])];
    assert.deepEqual(await polled(same, same.slice(1)), [
      'Disappeared Listen 127.0.0.1:80 of 10 Table Polling',
    ]);
  });

  it('tells as inferred, of nobody, what came and went between two readings', async () => {
    const closed = [
      { cookie: 50, endpoint: socket({ protocol: 'UDP', state: 'Bound', localPort: 53 }) },
      { cookie: 7, endpoint: socket({ state: 'Closed' }) },
      { cookie: 8, endpoint: socket({ state: 'Closed' }) },
    ];
    const waiting = socket({ ...connection, cookie: 8, state: 'TimeWait', ownerless: true });
    const told = await polled([heldBy([10], connection)], [waiting], { closed });
    assert.deepEqual(told, [
      'Appeared Bound 127.0.0.1:53 of nobody None Inferred',
      'Disappeared Bound 127.0.0.1:53 of nobody None Inferred',
      'Disappeared Listen 127.0.0.1:80>127.0.0.1:50000 of 10 Table Polling',
      'Appeared TimeWait 127.0.0.1:80>127.0.0.1:50000 of nobody None Polling',
    ]);
  });

  it('tells a gap where the notices did not fit', async () => {
    assert.deepEqual(await polled([], [], { lost: true }), ['Gap null']);
  });

  it('tells that a watched process ended, by pid and start time', async () => {
    const machine = new Machine([10, 20, 30]);
    machine.processes = [facts(10, { startTime: 1000 }), facts(20, { startTime: 1000 })];
    await machine.start();
    machine.processes = [facts(10, { startTime: 1000 }), facts(20, { startTime: 9000 })];
    assert.deepEqual(await machine.told(), ['ProcessExited 20']);
    machine.processes = [];
    assert.deepEqual(await machine.told(), ['ProcessExited 10', 'ProcessExited 20']);
    await machine.source.stop();
  });

  it('takes nobody for another when the clock is set', async () => {
    const machine = new Machine([10]);
    machine.sockets = [heldBy([10], connection)];
    machine.processes = [facts(10, { startTime: bootMoment + 5000 })];
    await machine.start();
    machine.moment += 60_000;
    machine.processes = [facts(10, { startTime: bootMoment + 65_000 })];
    while (machine.notes.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    machine.sockets = [];
    assert.deepEqual(await machine.told(), [
      'Disappeared Listen 127.0.0.1:80>127.0.0.1:50000 of 10 Table Polling',
    ]);
    assert.deepEqual(machine.notes, ['The clock was set by 60.0 s.']);
    await machine.source.stop();
  });

  it('waits for a listener that is behind, and can be stopped meanwhile', async () => {
    const machine = new Machine();
    machine.isBusy = new Promise(() => {});
    await machine.start();
    machine.sockets = [heldBy([10], connection)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    await machine.source.stop();
  });

  it('says that it is broken', async () => {
    const machine = new Machine();
    await machine.start();
    machine.broken = true;
    await assert.rejects(machine.told(), /no table/);
    await machine.source.stop();
  });
});
