import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SocketColumns } from '../../../ts-worker/src/endpoints/socket-columns.ts';
import type { OpenSocket, TableOptions } from '../../../ts-worker/src/endpoints/source.ts';
import { compileFilter, type FilterTexts } from '../../../ts-worker/src/model/filter/filter.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import type { ProcessReader } from '../../../ts-worker/src/processes/source.ts';
import { Snapshots } from '../../../ts-worker/src/snapshot/snapshot.ts';
import { facts, heldBy, socket } from '../support/rows.ts';

/** Gives these processes, and keeps what it was asked. */
class Processes implements ProcessReader {
  readonly asked: { readonly pids: readonly number[]; readonly modules: boolean }[] = [];
  readonly #answers: (pid: number, modules: boolean) => ProcessFacts | undefined;

  constructor(answers: (pid: number, modules: boolean) => ProcessFacts | undefined) {
    this.#answers = answers;
  }

  async read(pids: ReadonlySet<number>, { modules }: { readonly modules: boolean }) {
    this.asked.push({ pids: [...pids].sort(), modules });
    const found = [...pids].flatMap((pid) => this.#answers(pid, modules) ?? []);
    return new Map(found.map((each) => [each.pid, each]));
  }
}

const named = new Processes((pid) => facts(pid, { name: `p${pid}`, user: `u${pid}` }));

function take(
  sockets: readonly OpenSocket[],
  texts: FilterTexts = {},
  processes: ProcessReader = named,
  modules = false,
) {
  const table = {
    source: 'Test',
    start: 0,
    end: 0,
    sockets,
    elevated: true,
    closed: [],
    notes: [],
  };
  const endpoints = { read: () => table, close: () => {} };
  const filter = compileFilter(texts);
  return new Snapshots(endpoints, processes).take({ filter, modules, source: null });
}

const portsOf = (taken: Awaited<ReturnType<typeof take>>): number[] =>
  Array.from(taken.rows.endpoints(), ({ localPort }) => localPort);

describe('snapshot', () => {
  const shared = [
    heldBy([1, 2], { localPort: 1 }),
    heldBy([2], { localPort: 2 }),
    heldBy([3], { localPort: 3 }),
    socket({ localPort: 4 }),
  ];

  it('finds an endpoint by any of its holders, also one that is not the owner', async () => {
    assert.deepEqual(portsOf(await take(shared, { processName: ['p1'] })), [1]);
    assert.deepEqual(portsOf(await take(shared, { processId: ['1'] })), [1]);
    assert.deepEqual(portsOf(await take(shared, { user: ['u2'] })), [1, 2]);
  });

  it('wants one holder to fit all filters by process', async () => {
    assert.deepEqual(portsOf(await take(shared, { processId: ['1'], user: ['u1'] })), [1]);
    assert.deepEqual(portsOf(await take(shared, { processId: ['1'], user: ['u2'] })), []);
    assert.deepEqual(portsOf(await take(shared, { processName: ['p1'], user: ['u2'] })), []);
  });

  it('reads only the processes whose endpoints passed', async () => {
    const processes = new Processes((pid) => facts(pid));
    await take(shared, { localPort: ['2-3'] }, processes);
    await take(shared, { processId: ['3'] }, processes);
    assert.deepEqual(processes.asked, [
      { pids: [2, 3], modules: false },
      { pids: [3], modules: false },
    ]);
  });

  it('counts endpoints whose owner is hidden, not those that have none', async () => {
    const { hidden } = await take([...shared, socket({ ownerless: true }), socket()]);
    assert.equal(hidden, 2);
    assert.equal((await take(shared, { localPort: ['1-3'] })).hidden, 0);
  });

  it('counts what filters by process left out because they could not judge it', async () => {
    const hidden = [socket(), socket({ localPort: 5 }), socket({ ownerless: true })];
    const sockets = [heldBy([4], { localPort: 4 }), ...hidden];
    assert.equal((await take(sockets)).unjudged, 0);
    assert.equal((await take(sockets, { processName: ['p4'] })).unjudged, 2);
    assert.equal((await take(sockets, { processId: ['4'] })).unjudged, 2);
    assert.equal((await take(sockets, { user: ['nobody'], localPort: ['5'] })).unjudged, 1);
  });

  it('reads each holder once, also where holders are told early', async () => {
    const processes = new Processes((pid) => facts(pid));
    const many = Array.from({ length: 70 }, (_, index) => 100 + index); // enough to be read at once
    const early = [heldBy(many, { localPort: 1 }), heldBy([9], { localPort: 9 })];
    const sockets = [...early, heldBy([100, 6], { localPort: 2 })];
    const table = {
      source: 'Test',
      start: 0,
      end: 0,
      sockets,
      elevated: true,
      closed: [],
      notes: [],
    };
    const endpoints = {
      read: async ({ onHeld }: TableOptions) => {
        onHeld?.(SocketColumns.of(early.slice(0, 1)));
        onHeld?.(SocketColumns.of(early));
        return table;
      },
      close: () => {},
    };
    const filter = compileFilter({});
    const options = { filter, modules: false, source: null };
    const { rows } = await new Snapshots(endpoints, processes).take(options);
    assert.deepEqual(
      processes.asked.map(({ pids }) => pids),
      [many, [6, 9]],
    );
    assert.deepEqual(
      Array.from(rows, ({ ownership }) => ownership.owner?.pid),
      [100, 6, 9],
    );
  });

  it('says an error of the processes when the tables are read, and not before', async () => {
    const processes = { read: () => Promise.reject(new Error('too many open files')) };
    const sockets = SocketColumns.of(shared);
    const endpoints = {
      read: async ({ onHeld }: TableOptions) => {
        onHeld?.(sockets);
        await new Promise(setImmediate); // Node ends a process where nobody waits for an error by now
        const about = { source: 'Test', start: 0, end: 0, closed: [], elevated: true, notes: [] };
        return { ...about, sockets };
      },
      close: () => {},
    };
    const options = { filter: compileFilter({}), modules: false, source: null };
    await assert.rejects(new Snapshots(endpoints, processes).take(options), /too many open files/);
  });

  it('does not take the process that has the pid by now for the holder', async () => {
    const holders = [{ pid: 5, startTime: 1000 }];
    const other = new Processes((pid) => facts(pid, { startTime: 9000, name: 'other' }));
    const [row] = (await take([socket({ holders })], {}, other)).rows;
    assert.deepEqual(row?.ownership.owner, facts(5, { startTime: 1000 }));
    assert.deepEqual(
      portsOf(await take([socket({ holders })], { processName: ['other'] }, other)),
      [],
    );
  });

  it('reads modules of owners alone', async () => {
    const processes = new Processes((pid, modules) =>
      facts(pid, { startTime: pid, modules: modules ? [`/lib/${pid}`] : null }),
    );
    const [first, second] = (await take([heldBy([10, 20]), socket()], {}, processes, true)).rows;
    assert.deepEqual(first?.ownership.owner?.modules, ['/lib/10']);
    assert.equal(second?.ownership.owner, null);
    assert.deepEqual(processes.asked.at(-1), { pids: [10], modules: true });
  });

  it('shows no modules of a process that took over the pid meanwhile, nor of one that ended', async () => {
    for (const later of [facts(10, { startTime: 9000, modules: ['/lib/other'] }), undefined]) {
      const processes = new Processes((pid, modules) =>
        modules ? later : facts(pid, { startTime: 1000, name: 'first' }),
      );
      const [row] = (await take([heldBy([10])], {}, processes, true)).rows;
      assert.equal(row?.ownership.owner?.name, 'first');
      assert.equal(row?.ownership.owner?.modules, null);
    }
  });
});
