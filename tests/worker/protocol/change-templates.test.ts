import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ChangeTemplates,
  changesPerLine,
} from '../../../ts-worker/src/protocol/change-templates.ts';
import { change, exit, gap, ownedBy } from '../support/changes.ts';
import { numbersOf, RowDecoder } from '../support/number-columns.ts';
import { facts } from '../support/rows.ts';

const nginx = facts(90, { name: 'nginx', startTime: 1_700_000_000_000 });

function assertBegins(templates: ChangeTemplates): void {
  const next = templates.batch([change()]);
  assert.equal(next.restart, true);
  assert.deepEqual(next.changes.Template, Int16Array.of(0));
  assert.equal(next.templates?.length, 1);
  assert.equal(next.addresses?.split('\n').length, 1);
  assert.equal(templates.batch([change()]).restart, undefined);
}

describe('changes as columns', () => {
  it('are as many as a line can have, whose times are less than an hour apart', () => {
    const templates = new ChangeTemplates();
    const decoder = new RowDecoder();
    const minute = 60_000;
    const times = [100, 70, 130, 166, 100, 60 * 24 * 365].map((minutes) => minutes * minute + 0.5);
    const lines: number[] = [];
    const came: number[] = [];
    for (let at = 0; at < times.length; ) {
      const batch = templates.batch(times.slice(at).map((time) => change({ time })));
      at += batch.changes.Template.length;
      lines.push(batch.changes.Template.length);
      const rows = decoder.decode(batch, numbersOf({ ...batch.changes }));
      came.push(...rows.map(({ Time }) => Time / 1000));
    }
    assert.deepEqual(lines, [3, 1, 1, 1]);
    assert.deepEqual(came, times);
  });

  it('tell everything of a change under its name', () => {
    const about = {
      ownership: ownedBy(nginx, [91]),
      previousOwner: facts(7),
      time: 1.001,
    } as const;
    const peer = { remoteAddress: '192.0.2.1', remotePort: 5000, state: 'CloseWait' } as const;
    const each = change({ ...about, kind: 'Changed', previousState: 'Established' }, peer);
    assert.deepEqual(new ChangeTemplates().batch([each]), {
      templates: [
        {
          Change: 'Changed',
          PreviousState: 'Established',
          PreviousProcess: 7,
          Source: 'Kernel',
          Missed: null,
          Reason: null,
          Protocol: 'TCP',
          AddressFamily: 'IPv4',
          State: 'CloseWait',
          Namespace: 'default',
          OwningProcess: 90,
          SharedWith: [91],
          ProcessName: 'nginx',
          Path: null,
          CommandLine: null,
          User: null,
          Services: null,
          ProcessStartTime: '2023-11-14T22:13:20.000000+00:00',
          Attribution: 'Kernel',
          Modules: null,
        },
      ],
      addresses: '127.0.0.1\n192.0.2.1',
      changes: {
        Time: Uint32Array.of(2 ** 31),
        TimeBase: 1001 - 2 ** 31,
        LocalAddress: Int16Array.of(0),
        LocalPort: Uint16Array.of(80),
        RemoteAddress: Int16Array.of(1),
        RemotePort: Uint16Array.of(5000),
        Template: Int16Array.of(0),
      },
    });
  });

  it('tell gaps and ends of processes, which have no endpoint', () => {
    const { templates, changes } = new ChangeTemplates().batch([gap(3), gap(null), exit(nginx)]);
    const known = templates?.map((each) =>
      Object.entries(each).filter(([, value]) => value !== null),
    );
    assert.deepEqual(known?.[0], [
      ['Change', 'Gap'],
      ['Source', 'Kernel'],
      ['Missed', 3],
      ['Reason', 'lost'],
      ['Attribution', 'None'],
    ]);
    assert.deepEqual(
      known?.[1]?.map(([name]) => name),
      ['Change', 'Source', 'Reason', 'Attribution'],
    );
    assert.deepEqual(Object.fromEntries(known?.[2] ?? []).OwningProcess, 90);
    assert.deepEqual(changes.LocalAddress, Int16Array.of(-1, -1, -1));
    assert.deepEqual(changes.LocalPort, Uint16Array.of(0, 0, 0));
    assert.deepEqual(changes.RemoteAddress, Int16Array.of(-1, -1, -1));
    assert.deepEqual(changes.Template, Int16Array.of(0, 1, 2));
  });

  it('name a template once, and keep apart whatever differs', () => {
    const templates = new ChangeTemplates();
    const ownership = ownedBy(nginx);
    const differing = [
      change({ ownership }),
      change({ ownership, kind: 'Disappeared' }),
      change({ ownership, previousState: 'Listen' }),
      change({ ownership, previousOwner: facts(7) }),
      change({ ownership, source: 'Polling' }),
      change({ ownership }, { state: 'Closed' }),
      change({ ownership }, { protocol: 'UDP' }),
      change({ ownership }, { family: 'IPv6' }),
      change({ ownership }, { namespace: 'blue' }),
      change({ ownership: ownedBy(nginx) }),
    ];
    const first = templates.batch(differing);
    assert.deepEqual([...first.changes.Template], [...differing.keys()]);
    const again = templates.batch(differing);
    assert.equal(again.templates, undefined);
    assert.deepEqual(again.changes.Template, first.changes.Template);
  });

  it('begin their numbers again before they become too many, and say so', () => {
    const templates = new ChangeTemplates();
    const make = () =>
      Array.from({ length: 1024 }, (_, i) => change({ ownership: ownedBy(facts(i)) }));
    for (let line = 0; line < 4; line++) {
      assert.equal(templates.batch(make()).restart, undefined);
    }
    assertBegins(templates);
  });

  it('begin them again before there are more addresses than two bytes can number', () => {
    const templates = new ChangeTemplates();
    const ownership = ownedBy(nginx);
    let line = 0;
    for (let known = 0; known < 2 ** 15 - 2 * changesPerLine; known += changesPerLine) {
      const ends = (i: number) => ({ remoteAddress: `fe80::${line}:${i}`, remotePort: 1 });
      const length = changesPerLine;
      const changes = Array.from({ length }, (_, i) => change({ ownership }, ends(i)));
      assert.equal(templates.batch(changes).restart, undefined);
      line++;
    }
    assertBegins(templates);
  });
});
