// The Windows endpoint reader over hand-laid tables: which class is taken, who holds a socket,
// which service of a shared svchost.exe it belongs to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunningService } from '../../native/windows/services.ts';
import { Win32Error } from '../../native/windows/win32-error.ts';
import {
  createWindowsEndpoints,
  type EndpointCalls,
} from '../../ts-worker/src/endpoints/windows.ts';
import { layTable, type Row } from './windows-lay-tables.ts';

interface System {
  readonly tables?: Readonly<Record<string, readonly Row[]>>;
  /** Names of structures whose table Windows refuses, with its code. */
  readonly refused?: Readonly<Record<string, number>>;
  readonly services?: readonly RunningService[] | null;
  /** Which module opened a socket, by the first number of its OwningModuleInfo. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Start of each process by pid. */
  readonly processes?: Readonly<Record<number, number>>;
  readonly hasBoundTables?: boolean;
}

function readerOf(system: System) {
  const rowsOf = (struct: string) => system.tables?.[struct] ?? [];
  const read = (struct: string) => {
    const code = system.refused?.[struct];
    if (code !== undefined) throw new Win32Error(struct, code);
    return layTable(struct, rowsOf(struct)).toFilled(struct);
  };
  const processes = Object.entries(system.processes ?? {}).map(([pid, startTime]) => {
    return [Number(pid), { pid: Number(pid), name: 'some.exe', startTime }] as const;
  });
  const asked: string[] = [];
  const calls: EndpointCalls = {
    readSocketTable: ({ struct }) => read(struct),
    readBoundTable: ({ struct }) => (system.hasBoundTables ? read(struct) : null),
    readOwnerModule: (layout, row) => {
      const info = new DataView(row.buffer).getBigUint64(layout.moduleInfo, true);
      asked.push(`${layout.struct} ${info}`);
      return system.modules?.[String(info)] ?? null;
    },
    listServices: () => system.services ?? null,
    listProcesses: () => new Map(processes),
    isElevated: () => true,
  };
  return { reader: createWindowsEndpoints(calls), asked };
}

const readAll = (system: System, source: string | null = null) =>
  readerOf(system).reader.read({ source });

const service = (name: string, pid: number): RunningService => ({
  name,
  displayName: `The ${name} service`,
  pid,
  shared: true,
});

test('all four tables make one list', () => {
  const { sockets, source, notes, elevated, start, end } = readAll({
    tables: {
      MIB_TCPROW_OWNER_MODULE: [{ state: 2, localPort: 1, pid: 10 }],
      MIB_TCP6ROW_OWNER_MODULE: [{ state: 2, localPort: 2, pid: 10 }],
      MIB_UDPROW_OWNER_MODULE: [{ localPort: 3, pid: 10 }],
      MIB_UDP6ROW_OWNER_MODULE: [{ localPort: 4, pid: 10 }],
    },
    processes: { 10: 1_700_000_000_000 },
  });
  const seen = sockets.map(
    ({ protocol, family, localPort }) => `${protocol} ${family} ${localPort}`,
  );
  assert.deepEqual(seen, ['TCP IPv4 1', 'TCP IPv6 2', 'UDP IPv4 3', 'UDP IPv6 4']);
  for (const { holders } of sockets) {
    assert.deepEqual(holders, [{ pid: 10, startTime: 1_700_000_000_000 }]);
  }
  assert.equal(source, 'OwnerModule');
  assert.deepEqual(notes, ['Read by OwnerModule.']);
  assert.equal(elevated, true);
  assert.ok(start <= end && end <= Date.now());
});

test('where owner-module is refused, owner-pid does', () => {
  const refused = { MIB_TCPROW_OWNER_MODULE: 50, MIB_UDPROW_OWNER_MODULE: 50 };
  const { sockets, source, notes } = readAll({
    tables: { MIB_TCPROW_OWNER_PID: [{ localPort: 7, pid: 10 }] },
    refused,
  });
  assert.equal(source, 'OwnerPid');
  assert.equal(sockets[0]?.localPort, 7);
  assert.match(notes.join('\n'), /OwnerModule: MIB_TCPROW_OWNER_MODULE failed with error 50/);
});

test('a system without IPv6 still shows its IPv4 sockets, and it is said', () => {
  const none = Object.fromEntries(
    ['TCP6', 'UDP6'].flatMap((kind) => [
      [`MIB_${kind}ROW_OWNER_MODULE`, 50],
      [`MIB_${kind}ROW_OWNER_PID`, 50],
    ]),
  );
  const tables = { MIB_TCPROW_OWNER_MODULE: [{ pid: 10 }] };
  const { sockets, notes } = readAll({ tables, refused: none });
  assert.equal(sockets.length, 1);
  assert.equal(notes.filter((note) => note.includes('6ROW')).length, 4);
});

test('a system that refuses IPv4 in every class gives one clear error', () => {
  const refused = { MIB_TCPROW_OWNER_MODULE: 5, MIB_TCPROW_OWNER_PID: 5 };
  assert.throws(() => readAll({ refused }), {
    code: 'PR_TABLE_UNREADABLE',
    message: /could not be read\. OwnerModule: .*error 5\. OwnerPid: .*error 5/,
  });
});

test('a way can be forced, by any case; then there is no other', () => {
  const tables = { MIB_TCPROW_OWNER_PID: [{ pid: 10 }] };
  assert.equal(readAll({ tables }, 'ownerpid').sockets.length, 1);
  const refused = { MIB_TCPROW_OWNER_MODULE: 50 };
  assert.throws(() => readAll({ refused }, 'OwnerModule'), { code: 'PR_SOURCE_UNAVAILABLE' });
});

test('a way that does not exist is an error that names those that do', () => {
  assert.throws(() => readAll({}, 'Bpf'), {
    code: 'PR_SOURCE_UNAVAILABLE',
    target: 'Bpf',
    message: /'Bpf' .* OwnerModule, OwnerPid/,
  });
});

test('a table that lies is an error, not a reason to try another way', () => {
  const { reader } = readerOf({});
  const lying = createWindowsEndpoints({
    readSocketTable: ({ struct }) => layTable(struct, [], 1000).toFilled(struct),
    readBoundTable: () => null,
    readOwnerModule: () => null,
    listServices: () => null,
    listProcesses: () => new Map(),
    isElevated: () => false,
  });
  assert.throws(() => lying.read({ source: null }), { code: 'PR_TABLE_UNREADABLE' });
  reader.close();
});

test("TIME_WAIT's pid 0 is no owner and no lack of rights", () => {
  const rows = [{ state: 11, remotePort: 9, pid: 0 }];
  const [socket] = readAll({ tables: { MIB_TCPROW_OWNER_MODULE: rows } }).sockets;
  assert.deepEqual(socket?.holders, []);
  assert.equal(socket?.ownerless, true);
});

test('a process that took over the pid after the tables were read is not the holder', () => {
  const tables = { MIB_TCPROW_OWNER_MODULE: [{ pid: 10 }, { pid: 11 }, { pid: 12 }] };
  const processes = { 10: Date.now() + 60_000, 11: Date.now() - 60_000 };
  const { sockets } = readAll({ tables, processes });
  assert.deepEqual(sockets[0]?.holders, []);
  assert.equal(sockets[0]?.ownerless, true);
  assert.deepEqual(sockets[1]?.holders, [{ pid: 11, startTime: processes[11] }]);
  assert.deepEqual(sockets[2]?.holders, [{ pid: 12, startTime: null }], 'gone from the list');
});

test('the service behind a socket is named where its process hosts several', () => {
  const { reader, asked } = readerOf({
    tables: {
      MIB_TCPROW_OWNER_MODULE: [
        { localPort: 1, pid: 900, module: 11n },
        { localPort: 2, pid: 900, module: 12n },
        { localPort: 3, pid: 900, module: 0n },
        { localPort: 4, pid: 901, module: 11n },
        { localPort: 5, pid: 902, module: 11n },
      ],
      MIB_UDP6ROW_OWNER_MODULE: [{ localPort: 6, pid: 900, module: 13n }],
    },
    services: [
      ...[service('Dnscache', 900), service('LanmanWorkstation', 900), service('NlaSvc', 900)],
      service('Spooler', 901),
    ],
    modules: { 11: 'dnscache', 12: 'svchost.exe', 13: 'NlaSvc' },
  });
  const services = reader.read({ source: null }).sockets.map((socket) => socket.service);
  assert.deepEqual(services, ['Dnscache', null, null, null, null, 'NlaSvc']);
  assert.deepEqual(asked, [
    'MIB_TCPROW_OWNER_MODULE 11',
    'MIB_TCPROW_OWNER_MODULE 12',
    'MIB_UDP6ROW_OWNER_MODULE 13',
  ]);
});

test('owner-pid rows say nothing of a service', () => {
  const { reader, asked } = readerOf({
    tables: { MIB_TCPROW_OWNER_PID: [{ pid: 900 }] },
    services: [service('Dnscache', 900), service('NlaSvc', 900)],
  });
  assert.equal(reader.read({ source: 'OwnerPid' }).sockets[0]?.service, null);
  assert.deepEqual(asked, []);
});

test('bound sockets are added, but not those that also listen or are connected', () => {
  const { sockets } = readAll({
    hasBoundTables: true,
    tables: {
      MIB_TCPROW_OWNER_MODULE: [
        { state: 2, localPort: 80, pid: 10 },
        { state: 5, localPort: 50_000, remotePort: 443, pid: 10 },
      ],
      MIB_UDPROW_OWNER_MODULE: [{ localPort: 90, pid: 10 }],
      MIB_TCPROW2: [
        { state: 100, localPort: 80, pid: 10 },
        { state: 100, localPort: 50_000, pid: 10 },
        { state: 100, localPort: 90, pid: 10 },
        { state: 100, localPort: 80, pid: 11 },
      ],
      MIB_TCP6ROW2: [{ state: 100, localPort: 80, pid: 10 }],
    },
  });
  const bound = sockets.filter(({ protocol, state }) => protocol === 'TCP' && state === 'Bound');
  const seen = bound.map(({ family, localPort, holders }) => {
    return `${family} ${localPort} ${holders[0]?.pid}`;
  });
  assert.deepEqual(seen, ['IPv4 90 10', 'IPv4 80 11', 'IPv6 80 10']);
  assert.equal(sockets.length, 6);
});

test('bound sockets that Windows refuses leave a note and nothing else', () => {
  const { sockets, notes } = readAll({
    hasBoundTables: true,
    tables: { MIB_TCPROW_OWNER_MODULE: [{ pid: 10 }] },
    refused: { MIB_TCPROW2: 50 },
  });
  assert.equal(sockets.length, 1);
  assert.match(notes.join('\n'), /MIB_TCPROW2 failed with error 50/);
});

test('states of a later Windows are counted in a note', () => {
  const rows = [{ state: 13 }, { state: 13 }, { state: 14 }, { state: 5 }];
  const { sockets, notes } = readAll({ tables: { MIB_TCPROW_OWNER_MODULE: rows } });
  assert.equal(sockets.length, 1);
  assert.match(notes.join('\n'), /3 row\(s\) in a state not known \(13, 14\) are left out/);
});
