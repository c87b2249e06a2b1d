// A past moment against the tables of that moment: snapshots at random moments while traffic runs in
// two namespaces, and what the logs say of the same moments afterwards. What two snapshots around a
// moment have alike was there at that moment.
//
// Named apart, for the log knows of them what a table does not, or the other way round: the last states
// of a connection, FinWait2 and TimeWait, are inferred (no event tells that one became the other, or
// that it is over), so they are left out; what no process holds keeps in the log the owner that it had; an accepted connection is
// credited to its listener until its process is known; a half-open one is not recorded.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { endpointsOf, type Line, type PortEndpoint } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Random } from '../support/random.ts';
import { Worker } from '../support/worker.ts';
import { Logs, pause, RunningRecorder, until } from './support/recorder.ts';

if (await playTraffic()) process.exit();

const anywhere = { address: '0.0.0.0', port: 0 };
const moments = 8;
const longestUntilTables = 40_000;

const isInferred = ({ State }: PortEndpoint): boolean =>
  State === 'TimeWait' || State === 'FinWait2';

const ends = (row: PortEndpoint): string => {
  const { Protocol, LocalAddress, LocalPort, RemoteAddress, RemotePort, State } = row;
  const where = [Protocol, LocalAddress, LocalPort, RemoteAddress, RemotePort, State];
  return JSON.stringify([...where, row.Namespace]);
};

/** All that the logs keep of an endpoint, but how its owner is known. */
const facts = (row: PortEndpoint): string => {
  const { OwningProcess, ProcessName, ProcessStartTime, User, Path, Services } = row;
  const owner = [OwningProcess, ProcessName, ProcessStartTime, User, Path, Services];
  return ends(row) + JSON.stringify(owner);
};

interface Taken {
  readonly at: number;
  readonly earlier: readonly PortEndpoint[];
  readonly later: readonly PortEndpoint[];
}

function unchanged({ earlier, later }: Taken): PortEndpoint[] {
  const before = new Set(earlier.map(facts));
  return later.filter(
    (row) => before.has(facts(row)) && row.State !== 'SynReceived' && !isInferred(row),
  );
}

/** What the logs should say of the moment, and do not. */
function missing(taken: Taken, past: readonly PortEndpoint[]): string[] {
  const whole = new Set(past.map(facts));
  const credited = new Set(past.filter((row) => row.Attribution === 'Listener').map(ends));
  const anyOwner = new Set(past.map(ends));
  return unchanged(taken)
    .filter((row) => {
      if (whole.has(facts(row)) || credited.has(ends(row))) return false;
      return row.OwningProcess !== null || !anyOwner.has(ends(row));
    })
    .map(facts);
}

describe('a past moment of a recording', { skip: noNamespaces || whyNoBpf() }, () => {
  const logs = new Logs();
  const namespaces: Namespace[] = [];
  let recorder: RunningRecorder;
  let worker: Worker;

  before(async () => {
    namespaces.push(new Namespace(), new Namespace());
    recorder = await RunningRecorder.start({ logs });
    worker = new Worker();
  });

  after(async () => {
    await recorder.kill();
    await worker.close();
    for (const namespace of namespaces) namespace.delete();
    logs.remove();
  });

  const filterOf = () => ({ namespace: namespaces.map(({ name }) => name) });

  const snapshot = async () =>
    endpointsOf(await worker.request('snapshot', { filter: filterOf() }));

  const past = (at: number): Promise<Line[]> => {
    const time = new Date(at).toISOString();
    return worker.request('past', { filter: filterOf(), at: time, logDirectory: logs.path });
  };

  async function take(): Promise<Taken> {
    const earlier = await snapshot();
    const at = Date.now();
    return { at, earlier, later: await snapshot() };
  }

  async function run({ name, within }: Namespace, isOver: Promise<void>): Promise<void> {
    const traffic = new Traffic({ namespace: name, within });
    const place = { style: 'quick', gives: 'listener', listen: anywhere, children: 2 } as const;
    const server = await traffic.parent(place);
    const patient = await traffic.serve({ style: 'node', listen: anywhere });
    const [short, long] = [server, patient].map(({ places }) => places[0]?.port ?? 0);
    const lasting = { style: 'node', lifetime: 1500, count: 100, rate: 40 } as const;
    await Promise.all([
      traffic.connect({ style: 'quick', to: loopbacks(4, short ?? 0), count: 1000, rate: 300 }),
      traffic.connect({ ...lasting, to: loopbacks(4, long ?? 0) }),
    ]);
    await isOver;
    await Promise.all([server.stop(), patient.stop()]);
    await traffic.end();
  }

  it('is what the tables said then', { timeout: 290_000 }, async () => {
    const random = new Random(3);
    let end = () => {};
    const isOver = new Promise<void>((resolve) => {
      end = resolve;
    });
    const playing = Promise.all(namespaces.map((each) => run(each, isOver)));
    await until('traffic', async () => (await snapshot()).length > 40);
    const all: Taken[] = [];
    for (let i = 0; i < moments; i++) {
      await pause(random.below(500));
      all.push(await take());
    }
    end();
    await playing;
    await recorder.caughtUp();
    let compared = 0;
    for (const taken of all) {
      const lines = await past(taken.at);
      if (lines.some(({ warning }) => warning?.code === 'PR_LOG_GAP')) continue;
      assert.ok('end' in (lines.at(-1) ?? {}), JSON.stringify(lines.at(-1)));
      assert.deepEqual(missing(taken, endpointsOf(lines)), []);
      compared += unchanged(taken).length;
    }
    assert.ok(compared > 10 * moments, `${compared} endpoints were compared`);
  });

  async function over(): Promise<PortEndpoint[]> {
    const { at, earlier, later } = await take();
    await recorder.caughtUp();
    const there = new Set([...earlier, ...later].map(ends));
    const told = endpointsOf(await past(at)).filter((row) => !isInferred(row));
    return told.filter((row) => !there.has(ends(row)));
  }

  // The kernel does not tell every end to every program; the next look at the tables finds what is over.
  it('holds nothing that was over by then, after a look at the tables', async () => {
    const begun = performance.now();
    let left = await over();
    while (left.length > 0 && performance.now() - begun < longestUntilTables) {
      await pause(1000);
      left = await over();
    }
    assert.deepEqual(left, []);
  });
});
