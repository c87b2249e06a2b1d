// The decoder of the Windows socket tables, on tables laid by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportedError } from '../../native/reported-error.ts';
import { FilledBuffer } from '../../native/windows/bytes.ts';
import { boundTables, type RowLayout, tables } from '../../native/windows/socket-layout.ts';
import { type Rows, readRows } from '../../ts-worker/src/endpoints/windows-rows.ts';
import { AddressFormatter } from '../../ts-worker/src/model/address.ts';
import { states } from '../../ts-worker/src/model/endpoint.ts';
import { layTable, type Row } from './windows-lay-tables.ts';

const layouts = new Map(
  [...tables.flatMap(({ ownerModule, ownerPid }) => [ownerModule, ownerPid]), ...boundTables].map(
    (layout) => [layout.struct, layout],
  ),
);

function layoutOf(struct: string): RowLayout {
  const layout = layouts.get(struct);
  assert.ok(layout, `a layout for ${struct}`);
  return layout;
}

function decode(struct: string, table: FilledBuffer): Rows {
  return readRows(table, layoutOf(struct), {
    addresses: new AddressFormatter(),
    holdersOf: (pid) => (pid === 0 ? [] : [{ pid, startTime: null }]),
    serviceOf: () => null,
  });
}

const decodeRows = (struct: string, rows: readonly Row[]) =>
  decode(struct, layTable(struct, rows).toFilled()).sockets;

const unreadable = (problem: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ReportedError);
  assert.equal(error.code, 'PR_TABLE_UNREADABLE');
  assert.match(error.message, problem);
  return true;
};

test('every TCP structure gives both ends, state and pid', () => {
  for (const struct of [...layouts.keys()].filter((name) => name.includes('TCP'))) {
    const isIPv6 = struct.includes('TCP6');
    const [local, remote] = isIPv6 ? ['2001:db8::1', '2001:db8::2'] : ['192.0.2.1', '192.0.2.2'];
    const row = { state: 5, local, remote, localPort: 443, remotePort: 50_001, pid: 4242 };
    const last = { ...row, localPort: 444, pid: 4_000_000_000 };
    const [first, second] = decodeRows(struct, [row, last]);
    assert.deepEqual(first, {
      protocol: 'TCP',
      family: isIPv6 ? 'IPv6' : 'IPv4',
      localAddress: local,
      localPort: 443,
      remoteAddress: remote,
      remotePort: 50_001,
      state: 'Established',
      namespace: null,
      holders: [{ pid: 4242, startTime: null }],
      cookie: null,
      ownerless: false,
      service: null,
    });
    assert.equal(second?.localPort, 444, struct);
    assert.deepEqual(second?.holders, [{ pid: 4_000_000_000, startTime: null }]);
  }
});

test('every UDP structure gives its end and pid, and no remote end', () => {
  for (const struct of [...layouts.keys()].filter((name) => name.includes('UDP'))) {
    const isIPv6 = struct.includes('UDP6');
    const local = isIPv6 ? '2001:db8::1' : '192.0.2.1';
    const rows = [
      { local, localPort: 53, pid: 1000 },
      { local, localPort: 65_535, pid: 1004 },
    ];
    const [first, second] = decodeRows(struct, rows);
    assert.deepEqual(first, {
      protocol: 'UDP',
      family: isIPv6 ? 'IPv6' : 'IPv4',
      localAddress: local,
      localPort: 53,
      remoteAddress: null,
      remotePort: null,
      state: 'Bound',
      namespace: null,
      holders: [{ pid: 1000, startTime: null }],
      cookie: null,
      ownerless: false,
      service: null,
    });
    assert.equal(second?.localPort, 65_535, struct);
  }
});

test('all thirteen states have the names of Get-NetTCPConnection', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 100];
  const rows = numbers.map((state) => ({ state, remote: '192.0.2.2', remotePort: 9 }));
  const decoded = decodeRows('MIB_TCPROW_OWNER_MODULE', rows).map(({ state }) => state);
  assert.deepEqual(decoded, [
    ...['Closed', 'Listen', 'SynSent', 'SynReceived', 'Established', 'FinWait1', 'FinWait2'],
    ...['CloseWait', 'Closing', 'LastAck', 'TimeWait', 'DeleteTCB', 'Bound'],
  ]);
  assert.deepEqual([...decoded].sort(), [...states].sort());
});

test('a row in a state of a later Windows is left out and said', () => {
  const rows = [{ state: 5 }, { state: 13 }, { state: 0 }];
  const decoded = decode('MIB_TCPROW_OWNER_PID', layTable('MIB_TCPROW_OWNER_PID', rows).toFilled());
  assert.equal(decoded.sockets.length, 1);
  assert.deepEqual(decoded.unknownStates, [13, 0]);
});

test("a listener's remote end is noise, and a bound socket has none", () => {
  const noise = { remote: '198.51.100.7', remotePort: 16_532 };
  const rows = [
    { ...noise, state: 2 },
    { ...noise, state: 100 },
    { state: 1 },
    { state: 11, ...noise },
  ];
  const remotes = decodeRows('MIB_TCPROW_OWNER_MODULE', rows).map(({ remotePort }) => remotePort);
  assert.deepEqual(remotes, [null, null, null, 16_532]);
});

test('a scope stands behind link-local addresses alone', () => {
  const rows = [
    { local: 'fe80::1', localScope: 12, remote: 'fe80::2', remoteScope: 12, remotePort: 1 },
    { local: '2001:db8::1', localScope: 12, remote: '2001:db8::2', remoteScope: 7, remotePort: 1 },
  ];
  const decoded = decodeRows('MIB_TCP6ROW_OWNER_MODULE', rows);
  assert.equal(decoded[0]?.localAddress, 'fe80::1%12');
  assert.equal(decoded[0]?.remoteAddress, 'fe80::2%12');
  assert.equal(decoded[1]?.localAddress, '2001:db8::1');
  const [udp] = decodeRows('MIB_UDP6ROW_OWNER_MODULE', [{ local: 'fe80::abcd', localScope: 3 }]);
  assert.equal(udp?.localAddress, 'fe80::abcd%3');
});

test('pid 0 is no process: the row has no holder, and that is the truth', () => {
  const [row] = decodeRows('MIB_TCPROW_OWNER_MODULE', [{ state: 11, remotePort: 9, pid: 0 }]);
  assert.deepEqual(row?.holders, []);
  assert.equal(row?.ownerless, true);
});

test('zero rows are an empty table, even without room for one', () => {
  for (const struct of layouts.keys()) {
    const { length } = decodeRows(struct, []);
    assert.equal(length, 0, struct);
  }
});

test('a hundred thousand rows are decoded, every one', () => {
  const struct = 'MIB_TCPROW_OWNER_MODULE';
  const count = 100_000;
  const one = layTable(struct, [{ remote: '192.0.2.9', remotePort: 443, pid: 8 }]).toBytes();
  const [header, row] = [8, one.length - 8];
  const bytes = new Uint8Array(header + count * row);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, count, true);
  for (let i = 0; i < count; i++) {
    bytes.set(one.subarray(header), header + i * row);
    view.setUint16(header + i * row + 8, i & 0xffff);
  }
  const { sockets } = decode(struct, new FilledBuffer('A large table', bytes, 0n));
  assert.equal(sockets.length, count);
  assert.ok(sockets.every(({ localPort }, i) => localPort === (i & 0xffff)));
});

test('a table cut anywhere within its rows is refused', () => {
  for (const struct of layouts.keys()) {
    const whole = layTable(struct, [{ pid: 1 }, { pid: 2 }]).toBytes();
    for (const length of [whole.length - 1, whole.length / 2, 5, 4]) {
      const cut = new FilledBuffer(struct, whole.slice(0, length), 0n);
      assert.throws(() => decode(struct, cut), unreadable(/2 rows of .* take \d+ bytes/));
    }
    const nothing = new FilledBuffer(struct, new Uint8Array(3), 0n);
    assert.throws(() => decode(struct, nothing), unreadable(/names 4 bytes at 0/));
  }
});

test('a table that claims more rows than it has is refused', () => {
  for (const struct of layouts.keys()) {
    for (const count of [2, 0x7fff_ffff, 0xffff_ffff]) {
      const lying = layTable(struct, [{ pid: 1 }], count).toFilled();
      assert.throws(() => decode(struct, lying), unreadable(/but \d+ are there/));
    }
  }
});
