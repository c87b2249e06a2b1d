// A PR-INITIAL and the records behind it give what was open at their end: the next PR-INITIAL says the
// same. What rebuilds a past moment from the logs rests on this.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AppliedChange,
  OpenEndpoints,
} from '../../../ts-worker/src/logs/open/open-endpoints.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { Random } from '../support/random.ts';
import { facts } from '../support/rows.ts';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { type PortRecordRow, readBytes } from './support/read.ts';
import { endpoint, Recording } from './support/recording.ts';

const none = { remoteAddress: null, remotePort: null };
const owners = [7, 8, 9].map((pid) => facts(pid, { startTime: 1000, name: `p${pid}`, user: 'u' }));

/** Traffic as a machine has it: listeners that share a port, connections, UDP sockets that connect. */
class Traffic {
  readonly #random = new Random(23);
  readonly #there: { at: Endpoint; owner: ProcessFacts }[] = [];
  readonly #recording: Recording;
  #port = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  step(): void {
    const what = this.#random.below(10);
    const pick = this.#there[this.#random.below(this.#there.length || 1)];
    if (pick === undefined || what < 4) this.#appear();
    else if (what < 6) this.#disappear(pick);
    else if (what === 6) this.#reattribute(pick);
    else this.#change(pick);
  }

  #appear(): void {
    const owner = this.#random.pick(owners);
    const at = this.#random.pick([
      endpoint(22, { ...none, state: 'Listen' }),
      endpoint(++this.#port, { state: 'SynSent' }),
      endpoint(++this.#port, { ...none, protocol: 'UDP', state: 'Bound', localAddress: '0.0.0.0' }),
    ]);
    this.#there.push({ at, owner });
    this.#tell('Appeared', at, owner);
  }

  #disappear(pick: { at: Endpoint; owner: ProcessFacts }): void {
    this.#there.splice(this.#there.indexOf(pick), 1);
    this.#tell('Disappeared', pick.at, pick.owner);
  }

  #reattribute(pick: { at: Endpoint; owner: ProcessFacts }): void {
    if (pick.at.state === 'Listen') return; // of several alike the log does not say whose it was
    pick.owner = this.#random.pick(owners);
    this.#tell('Reattributed', pick.at, pick.owner);
  }

  #change(pick: { at: Endpoint; owner: ProcessFacts }): void {
    if (pick.at.state === 'Listen') return;
    const previousState = pick.at.state;
    if (pick.at.protocol === 'TCP') {
      pick.at = { ...pick.at, state: this.#random.pick(['Established', 'CloseWait', 'TimeWait']) };
    } else {
      const remoteAddress = this.#random.pick(['10.9.9.9', '10.9.9.8']);
      pick.at = { ...pick.at, localAddress: '10.0.0.1', remoteAddress, remotePort: 53 };
    }
    this.#tell('Changed', pick.at, pick.owner, previousState);
  }

  #tell(
    kind: AppliedChange['kind'],
    at: Endpoint,
    owner: ProcessFacts,
    previousState: Endpoint['state'] | null = null,
  ): void {
    const ownership = { owner, sharedWith: null, attribution: 'Kernel' as const };
    const change = this.#recording.change({ kind, endpoint: at, ownership, previousState });
    this.#recording.tell(change);
  }
}

const shown = (
  { localPort, state, remoteAddress, localAddress }: Endpoint,
  pid: number | undefined,
) => `${pid} ${localAddress} ${localPort} ${remoteAddress} ${state}`;

async function readInitial(text: string) {
  const { processes } = await readBytes(text, {});
  return processes.flatMap(({ owner, endpoints }) =>
    endpoints.map(({ endpoint: at, attribution }) => ({
      endpoint: at,
      ownership: { owner, sharedWith: null, attribution: attribution ?? 'None' },
    })),
  );
}

function changeOf(row: PortRecordRow, owner: ProcessFacts): AppliedChange {
  const at = endpoint(row.LocalPort ?? 0, {
    localAddress: row.LocalAddress ?? '',
    remoteAddress: row.RemoteAddress,
    remotePort: row.RemotePort,
    protocol: row.Protocol === 'UDP' ? 'UDP' : 'TCP',
    state: row.State as Endpoint['state'],
  });
  return {
    kind: row.Change as AppliedChange['kind'],
    time: Date.parse(row.Time),
    endpoint: at,
    ownership: { owner, sharedWith: null, attribution: 'Kernel' },
    previousState: row.PreviousState as Endpoint['state'] | null,
    previousOwner: null,
  };
}

describe('the logs of a stretch of time', () => {
  it('lead from one PR-INITIAL to the next', async () => {
    const midnight = Date.UTC(2026, 6, 6, 22);
    const clock = new FakeClock(midnight - 300_000);
    const recording = await new Recording(new MemoryDisk(), clock).open({ maxLogSize: 20_000 });
    const traffic = new Traffic(recording);
    for (let i = 0; i < 2500; i++) {
      traffic.step();
      await recording.pass(125, 125);
    }
    const [first = '', second = ''] = recording.disk.names('INITIAL');
    const open = new OpenEndpoints();
    open.begin(await readInitial(recording.disk.text(first)), 0);
    const before = recording.disk.names('PORTS').filter((name) => name.includes('-07-6-'));
    assert.ok(before.length > 2, 'rolled by size');
    for (const name of before) {
      const { rows } = await readBytes(recording.disk.text(name), {});
      for (const row of rows) {
        const owner = owners.find(({ pid }) => pid === row.OwningProcess);
        if (owner !== undefined) open.apply(changeOf(row, owner));
      }
    }
    const rebuilt = open
      .processes()
      .flatMap(({ owner, rows }) => Array.from(rows, (each) => shown(each.endpoint, owner?.pid)));
    const expected = await readInitial(recording.disk.text(second));
    assert.ok(expected.length > 50);
    assert.deepEqual(
      rebuilt.sort(),
      expected.map(({ endpoint: at, ownership: { owner } }) => shown(at, owner?.pid)).sort(),
    );
  });
});
