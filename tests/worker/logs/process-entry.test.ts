import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { endpointRow, readEndpointRow } from '../../../ts-worker/src/logs/format/endpoint-row.ts';
import type { ReadEntry } from '../../../ts-worker/src/logs/format/entry-draft.ts';
import { EntryReader } from '../../../ts-worker/src/logs/format/entry-reader.ts';
import {
  initialBlock,
  initialEnd,
  initialTable,
} from '../../../ts-worker/src/logs/format/initial-body.ts';
import {
  entryTitle,
  type ModuleNote,
  processEntry,
} from '../../../ts-worker/src/logs/format/process-entry.ts';
import { portQryState, readState } from '../../../ts-worker/src/logs/format/state-name.ts';
import { type Endpoint, states } from '../../../ts-worker/src/model/endpoint.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';
import { readSample } from '../support/repository.ts';
import { facts } from '../support/rows.ts';
import { anyAttribution, anyEndpoint, anyProcess, anyText } from './support/arbitraries.ts';

interface Reading {
  readonly entries: ReadEntry[];
  readonly bad: string[];
  readonly isEnded: boolean;
}

function read(lines: readonly string[], isEscaped = true): Reading {
  const bad: string[] = [];
  const reader = new EntryReader(isEscaped, (number, expected, came) => {
    bad.push(`${number}: expected ${expected}, came ${came}`);
  });
  const entries = lines.flatMap((line, index) => reader.take(line, index + 1) ?? []);
  return { entries: [...entries, ...reader.end()], bad, isEnded: reader.isEnded };
}

const anyRow = fc.record(
  { endpoint: anyEndpoint, attribution: anyAttribution },
  { noNullPrototype: true },
);
const anyRows = fc.array(anyRow, { maxLength: 5 });
const anyModules: fc.Arbitrary<ModuleNote> = fc.oneof(
  fc
    .array(anyText, { maxLength: 3 })
    .map((modules) => ({ kind: 'Listed', modules }) satisfies ModuleNote),
  fc.constant({ kind: 'AsBefore', stamp: '26/7/6,1:2:3' } satisfies ModuleNote),
  fc.constant({ kind: 'Unreadable' } satisfies ModuleNote),
);

/** No services and services that are not known differ in a log; a list of none does not exist. */
const anyOwner = fc.option(anyProcess, { nil: null });

describe('states', () => {
  it('are read in PortQry’s words, in ours and in those of others', () => {
    for (const state of states) {
      assert.equal(readState(portQryState(state)), state);
      assert.equal(readState(state), state);
    }
    const others = ['TIME_WAIT', 'Fin-Wait-1', 'SYN_RCVD', 'estab', 'CLOSE WAIT', 'open', ''];
    assert.deepEqual(others.map(readState), [
      ...['TimeWait', 'FinWait1', 'SynReceived', 'Established', 'CloseWait'],
      ...[null, null],
    ]);
  });
});

describe('a row of endpoints', () => {
  it('is PortQry’s, and ours behind it', () => {
    const listener: Endpoint = {
      protocol: 'TCP',
      family: 'IPv4',
      localAddress: '0.0.0.0',
      localPort: 1064,
      remoteAddress: null,
      remotePort: null,
      state: 'Listen',
      namespace: 'blue',
    };
    assert.equal(
      endpointRow(listener, 'Kernel'),
      'TCP 1064\t0.0.0.0 \tLISTENING\t 0.0.0.0:0\tblue\tKernel',
    );
    const udp: Endpoint = { ...listener, protocol: 'UDP', state: 'Bound', namespace: null };
    assert.equal(endpointRow(udp, 'None'), 'UDP 1064\t0.0.0.0 \t\t\t *:*\t-\tNone');
    const ends = { localAddress: '::1', remoteAddress: '::2', remotePort: 9 };
    const waiting: Endpoint = { ...listener, ...ends, family: 'IPv6', state: 'TimeWait' };
    assert.equal(
      endpointRow({ ...waiting, namespace: 'a b' }, 'Table'),
      'TCP 1064\t::1 \tTIME WAIT\t [::2]:9\ta%20b\tTable',
    );
  });

  it('reads back equal, also where tabs became blanks', () => {
    fc.assert(
      fc.property(anyRow, fc.boolean(), (row, spaced) => {
        const text = endpointRow(row.endpoint, row.attribution);
        assert.deepEqual(readEndpointRow(spaced ? text.replaceAll('\t', '  ') : text), row);
      }),
      { numRuns: 150 },
    );
  });

  it('that can not be is none', () => {
    for (const text of [
      'TCP 1064 0.0.0 LISTENING 0.0.0.0:1',
      'TCP 1064 0.0.0.0 OPEN 0.0.0.0:1',
      'TCP 1064 0.0.0.0 ESTABLISHED 0.0.0:1',
      'TCP 1064 0.0.0.0 0.0.0.0:1',
      'SCTP 1064 0.0.0.0 LISTENING 0.0.0.0:1',
      'TCP 1064 0.0.0.0 LISTENING',
    ]) {
      assert.equal(readEndpointRow(text), null, text);
    }
    assert.equal(readEndpointRow(`TCP 1 1.1.1.1 ${'A '.repeat(200_000)}`), null);
  });
});

describe('an entry of PR-PIDS', () => {
  it('has PortQry’s layout', () => {
    const owner = facts(484, {
      ...{ name: 'lsass.exe', user: 'NT AUTHORITY\\SYSTEM', services: ['Netlogon'] },
      ...{ path: 'C:\\lsass.exe', startTime: 0 },
    });
    const statistics = countPorts([]);
    const lines = processEntry({
      ...{ owner, endpoints: [], statistics },
      modules: { kind: 'Listed', modules: ['C:\\lsass.exe'] },
    });
    assert.deepEqual(lines, [
      'Process ID: 484 (lsass.exe)',
      'User context: <NT AUTHORITY\\SYSTEM>',
      'Path: C:\\lsass.exe',
      'Started: 1970-01-01T00:00:00.000000Z',
      '',
      'Service Name: Netlogon',
      '',
      'PID\tPort\t\tLocal IP\tState\t\t Remote IP:Port\tNamespace\tAttribution',
      '',
      'Port Statistics',
      '',
      'TCP mappings: 0',
      'UDP mappings: 0',
      '',
      'Loaded modules:',
      'C:\\lsass.exe',
      '',
      '======================================================',
    ]);
  });

  it('reads back equal, whatever a process and its modules call themselves', () => {
    fc.assert(
      fc.property(anyOwner, anyRows, anyModules, (owner, endpoints, modules) => {
        const statistics = countPorts(endpoints.map(({ endpoint }) => endpoint));
        const entry = processEntry({ owner, endpoints, statistics, modules });
        const { entries, bad } = read([entryTitle('26/7/6,13:52:1'), ...entry]);
        const listed = modules.kind === 'Listed' ? modules.modules : null;
        const modulesAt = modules.kind === 'AsBefore' ? modules.stamp : null;
        assert.deepEqual(bad, []);
        assert.deepEqual(entries, [
          {
            stamp: { year: 2026, month: 7, day: 6, hour: 13, minute: 52, second: 1 },
            owner: owner === null ? null : { ...owner, modules: listed },
            ...{ endpoints, statistics, modulesAt, lineNumber: 2 },
          },
        ]);
      }),
      { numRuns: 150 },
    );
  });

  it('is read as far as it goes, and is said to be torn', () => {
    const entry = processEntry({
      ...{ owner: facts(7, { name: 'a' }), endpoints: [], statistics: countPorts([]) },
      modules: { kind: 'Listed', modules: ['/a', '/b'] },
    });
    const { entries, bad } = read(entry.slice(0, -3));
    assert.deepEqual(entries[0]?.owner?.modules, ['/a']);
    assert.deepEqual(bad, [
      `${entry.length - 3}: expected the rest of an entry, came the end of the file`,
    ]);
  });

  it('says which line it does not understand and reads on', () => {
    const entry = [
      'Process ID: 7 (a)',
      '7\tTCP x',
      'Started: then',
      'Hm',
      'Path: /a',
      '='.repeat(54),
    ];
    const { entries, bad } = read(entry);
    assert.equal(entries[0]?.owner?.path, '/a');
    assert.deepEqual(bad, [
      '2: expected a line of PortQry or of ours, came 7\tTCP x',
      '3: expected a line of PortQry or of ours, came Started: then',
      '4: expected a line of PortQry or of ours, came Hm',
    ]);
  });
});

describe('the body of PR-INITIAL', () => {
  const anyProcesses = fc.uniqueArray(
    fc.record({ owner: anyOwner, endpoints: fc.array(anyRow, { minLength: 1, maxLength: 3 }) }),
    { maxLength: 4, selector: ({ owner }) => owner?.pid ?? 0 },
  );

  it('reads back equal', () => {
    fc.assert(
      fc.property(anyProcesses, (processes) => {
        const lines = [
          ...[...initialTable(processes)].flat(),
          ...processes.flatMap((each) => initialBlock(each, { kind: 'Unreadable' })),
          ...initialEnd,
        ];
        const { entries, bad, isEnded } = read(lines);
        assert.deepEqual(bad, []);
        assert.ok(isEnded);
        assert.deepEqual(
          entries.map(({ owner, endpoints }) => ({ owner, endpoints })),
          processes.map(({ owner, endpoints }) => ({ owner, endpoints })),
        );
      }),
    );
  });

  it('comes in slices', () => {
    const endpoint = readEndpointRow('TCP 1 1.1.1.1 LISTENING 0.0.0.0:0');
    assert.ok(endpoint !== null);
    const endpoints = new Array(2500).fill(endpoint);
    const slices = [...initialTable([{ owner: facts(1, { name: 'a' }), endpoints }])];
    assert.equal(slices.flat().filter((line) => line.startsWith('1:a\t\tTCP 1\t')).length, 2500);
    assert.ok(slices.every((slice) => slice.length <= 1000));
  });

  it('that ends within the blocks still gives what the table says', () => {
    const endpoint = readEndpointRow('TCP 1 1.1.1.1 LISTENING 0.0.0.0:0 - Table');
    assert.ok(endpoint !== null);
    const processes = [1, 2].map((pid) => ({
      ...{ owner: facts(pid, { name: 'a TCP 9 x' }), endpoints: [endpoint] },
    }));
    const lines = [...initialTable(processes)].flat();
    const first = processes[0];
    assert.ok(first !== undefined);
    const { entries } = read([...lines, ...initialBlock(first, { kind: 'Unreadable' })]);
    assert.deepEqual(
      entries.map(({ owner, endpoints }) => [owner?.pid, owner?.name, endpoints]),
      [
        [1, 'a TCP 9 x', [endpoint]],
        [2, 'a TCP 9 x', [endpoint]],
      ],
    );
  });

  it('in PortQry’s own hand is read', () => {
    const sample = readSample('logs/PR-INITIAL-05-07-6-13-44-4.txt').toString().split('\n');
    const { entries, isEnded } = read(sample.slice(13), false);
    assert.ok(isEnded);
    const [lsass, system, svchost] = entries;
    assert.deepEqual(
      entries.map(({ owner }) => [owner?.pid, owner?.name, owner?.services]),
      [
        [484, 'lsass.exe', ['Netlogon']],
        [4, 'System', []],
        [668, 'svchost.exe', null],
      ],
    );
    assert.deepEqual(lsass?.owner?.modules, [
      'C:\\WINDOWS\\system32\\lsass.exe',
      'C:\\WINDOWS\\system32\\ntdll.dll',
    ]);
    assert.deepEqual(
      lsass?.endpoints.map(({ endpoint: { localPort, state, remotePort } }) => [
        localPort,
        state,
        remotePort,
      ]),
      [
        [1064, 'Listen', null],
        [500, 'Bound', null],
      ],
    );
    assert.deepEqual(lsass?.statistics, {
      ...{ tcpMappings: 1, udpMappings: 1 },
      states: [{ state: 'Listen', count: 1, percent: 100 }],
    });
    assert.equal(system?.owner?.modules, null);
    assert.equal(svchost?.endpoints[0]?.endpoint.localPort, 135);
  });

  it('is read where its white space was lost', () => {
    const sample = readSample('logs/PR-INITIAL-05-07-6-13-44-4.txt').toString();
    const text = sample.replaceAll('LISTENING', 'CLOSE WAIT').replace(/[\t ]+/g, ' ');
    const { entries } = read(text.split('\n').slice(13), false);
    assert.equal(entries.length, 3);
    const row = entries[0]?.endpoints[0]?.endpoint;
    assert.deepEqual([row?.state, row?.remotePort], ['CloseWait', 2064]);
  });
});
