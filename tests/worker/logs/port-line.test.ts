import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PortColumn, portColumns } from '../../../ts-worker/src/logs/format/port-columns.ts';
import { isPortUse, PortLines } from '../../../ts-worker/src/logs/format/port-line.ts';
import {
  type Fields,
  type PortRecord,
  readPortRecord,
} from '../../../ts-worker/src/logs/format/port-record.ts';
import type { EndpointChange } from '../../../ts-worker/src/model/change.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import { facts } from '../support/rows.ts';
import { anyChange } from './support/arbitraries.ts';

const endpoint: Endpoint = {
  protocol: 'TCP',
  family: 'IPv4',
  localAddress: '172.16.16.150',
  localPort: 3389,
  remoteAddress: '172.16.16.100',
  remotePort: 1486,
  state: 'Established',
  namespace: null,
};

const change = (about: Partial<EndpointChange> & { endpoint?: Endpoint } = {}): EndpointChange => ({
  kind: 'Appeared',
  time: Date.UTC(2005, 6, 6, 11, 52, 2) + 0.007,
  endpoint,
  ownership: {
    owner: facts(1096, { name: 'svchost.exe', user: 'NT AUTHORITY\\SYSTEM' }),
    sharedWith: null,
    attribution: 'Kernel',
  },
  previousState: null,
  previousOwner: null,
  source: 'Kernel',
  ...about,
});

function fieldsOf(line: string, columns: readonly string[], isEscaped = true): Fields {
  const texts = line.split(',');
  return { isEscaped, text: (column: PortColumn) => texts[columns.indexOf(column)] ?? null };
}

const extended = portColumns('Extended');

/** What of a change a log keeps. */
function expected({
  kind,
  time,
  endpoint: at,
  ownership,
  previousState,
}: EndpointChange): PortRecord {
  const { owner, attribution } = ownership;
  return {
    ...at,
    time,
    change: kind,
    previousState,
    pid: owner?.pid ?? null,
    name: owner?.name ?? null,
    user: owner?.user ?? null,
    services: owner?.services ?? null,
    path: owner?.path ?? null,
    startTime: owner?.startTime ?? null,
    attribution,
  };
}

describe('a record of PR-PORTS', () => {
  it('has the genuine ten columns as Port Reporter 1.01 wrote them', () => {
    const lines = new PortLines('Legacy', 120);
    const none = { remoteAddress: null, remotePort: null };
    const listener: Endpoint = { ...endpoint, ...none, localAddress: '0.0.0.0', state: 'Listen' };
    const user = { name: 'rdpclip.exe', user: 'TEST\\Administrator' };
    const udp: Endpoint = { ...listener, protocol: 'UDP', localPort: 1088, state: 'Bound' };
    const written = [
      change({ endpoint: listener, time: Date.UTC(2005, 6, 6, 11, 52, 1) }),
      change(),
      change({
        endpoint: udp,
        time: Date.UTC(2005, 6, 6, 11, 52, 4, 999),
        ownership: { owner: facts(1540, user), sharedWith: null, attribution: 'Table' },
      }),
    ].map((each) => lines.line(each));
    assert.deepEqual(written, [
      '05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<NT AUTHORITY\\SYSTEM>',
      '05/7/6,13:52:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,svchost.exe,<NT AUTHORITY\\SYSTEM>',
      '05/7/6,13:52:4,UDP,1088,0.0.0.0,*,*,1540,rdpclip.exe,<TEST\\Administrator>',
    ]);
  });

  it('has our columns behind them', () => {
    const owner = facts(7, { services: ['a.service', 'b|c'], path: '/a', startTime: 1000.25 });
    const line = new PortLines('Extended', -210).line(
      change({
        kind: 'Changed',
        previousState: 'SynSent',
        endpoint: { ...endpoint, namespace: 'blue' },
        ownership: { owner, sharedWith: [8], attribution: 'Listener' },
      }),
    );
    assert.equal(
      line,
      '05/7/6,8:22:2,TCP,3389,172.16.16.150,1486,172.16.16.100,7,,<>,Established,SynSent,Changed,' +
        '2005-07-06T11:52:02.000007Z,Listener,a.service|b%7Cc,/a,1970-01-01T00:00:01.000250Z,blue',
    );
    assert.equal(line.split(',').length, extended.length);
  });

  it('reads back equal in every field, whatever a process calls itself', () => {
    fc.assert(
      fc.property(anyChange, fc.constantFrom(-720, -210, 0, 60, 345, 840), (each, offset) => {
        const line = new PortLines('Extended', offset).line(each);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cs}\u2028\u2029]/u);
        assert.equal(line.split(',').length, extended.length);
        // No spreadsheet takes a cell for a formula, wherever it cuts.
        assert.ok(
          line.split(/[,;\t]/).every((cell) => !/^[=+\-@]./u.test(cell)),
          line,
        );
        assert.deepEqual(readPortRecord(fieldsOf(line, extended), each.time), expected(each));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps in the Legacy format what ten columns can hold', () => {
    const columns = portColumns('Legacy');
    fc.assert(
      fc.property(anyChange, (each) => {
        const line = new PortLines('Legacy', 0).line(each);
        assert.equal(line.split(',').length, 10);
        const { pid, name, user, localPort, remoteAddress } = readPortRecord(
          fieldsOf(line, columns),
          each.time,
        );
        const { owner } = each.ownership;
        assert.deepEqual(
          [pid, name, user],
          [owner?.pid ?? null, owner?.name ?? null, owner?.user ?? null],
        );
        assert.deepEqual(
          [localPort, remoteAddress],
          [each.endpoint.localPort, each.endpoint.remoteAddress],
        );
      }),
    );
  });

  it('follows facts of a process that are filled in after its first record', () => {
    const owner = { ...facts(7), name: 'a' };
    const lines = new PortLines('Legacy', 0);
    const each = change({ ownership: { owner, sharedWith: null, attribution: 'Kernel' } });
    assert.match(lines.line(each), /,7,a,<>$/);
    Object.assign(owner, { user: 'root' });
    assert.match(lines.line(each), /,7,a,<root>$/);
  });

  it('names the module as Windows does, and the process as Get-Process does', () => {
    const path = 'C:\\Windows\\System32\\svchost.exe';
    const owner = facts(1096, { name: 'svchost', path });
    const ownership = { owner, sharedWith: null, attribution: 'Table' } as const;
    const line = new PortLines('Extended', 0).line(change({ ownership }));
    assert.match(line, /,1096,svchost\.exe,</);
    assert.equal(readPortRecord(fieldsOf(line, extended), 0).name, 'svchost');
    const other = change({ ownership: { ...ownership, owner: { ...owner, path: '/usr/bin/x' } } });
    assert.match(new PortLines('Extended', 0).line(other), /,1096,svchost,</);
  });

  it('takes names of genuine logs as they are', () => {
    const line = '05/7/6,13:52:2,TCP,1,10.0.0.1,,0.0.0.0,0,a%20b.exe,<x%41>';
    const record = readPortRecord(fieldsOf(line, portColumns('Legacy'), false), 0);
    const { name, user, pid, state, change: kind } = record;
    assert.deepEqual([name, user, pid], ['a%20b.exe', 'x%41', null]);
    assert.deepEqual([state, kind], ['Listen', null]);
  });

  it('says of a field that it can not understand what it expected', () => {
    const good =
      '05/7/6,13:52:2,TCP,1,10.0.0.1,2,10.0.0.2,9,a,<b>,Established,,Appeared,,Table,,,,';
    const cases: readonly (readonly [column: PortColumn, text: string, expected: RegExp])[] = [
      ['protocol', 'SCTP', /^protocol: TCP or UDP$/],
      ['local port', '65536', /^local port: a number from 0 to 65535$/],
      ['local port', '', /^local port: /],
      ['remote port', '-1', /^remote port: /],
      ['remote port', '*', /^remote port: /],
      ['local IP address', '10.0.0', /^local IP address: an IPv4 or IPv6 address$/],
      ['remote IP address', '*', /^remote IP address: /],
      ['PID', 'x', /^PID: a number up to 2147483647$/],
      ['state', 'Open', /^state: a state of TCP$/],
      ['previous state', '1', /^previous state: /],
      ['change', 'appeared', /^change: one of Appeared, Changed, /],
      ['attribution', 'Guess', /^attribution: one of /],
      ['started', '2005-07-06', /^started: a time such as /],
    ];
    for (const [column, text, message] of cases) {
      const texts = good.split(',');
      texts[extended.indexOf(column)] = text;
      assert.throws(() => readPortRecord(fieldsOf(texts.join(), extended), 0), { message });
    }
    assert.equal(readPortRecord(fieldsOf(good, extended), 5).time, 5);
  });
});

describe('a record in the Legacy format', () => {
  it('is what brings a port into use, once', () => {
    const kinds = (['Appeared', 'Reattributed', 'Disappeared'] as const).map((kind) =>
      isPortUse(change({ kind })),
    );
    assert.deepEqual(kinds, [true, true, false]);
    const changed = (previousState: EndpointChange['previousState']) =>
      isPortUse(change({ kind: 'Changed', previousState }));
    assert.deepEqual((['SynSent', 'TimeWait'] as const).map(changed), [false, false]);
    assert.deepEqual((['Bound', 'Listen', 'Established'] as const).map(changed), [
      true,
      true,
      true,
    ]);
    const none = { remoteAddress: null, remotePort: null };
    const listens = { ...endpoint, ...none, state: 'Listen' } as const;
    const begins = change({ kind: 'Changed', endpoint: listens, previousState: 'Bound' });
    assert.equal(isPortUse(begins), false);
  });
});
