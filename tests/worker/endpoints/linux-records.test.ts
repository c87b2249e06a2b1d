// Records of the two walks, laid out by hand: what becomes of sockets that only one of them saw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstName, portOffsets, portRecordSize } from '../../../native/linux/bpf/port-record.ts';
import { offsets, recordSize } from '../../../native/linux/bpf/socket-record.ts';
import { SocketRecords } from '../../../ts-worker/src/endpoints/linux-records.ts';

const AF_INET = 2;
const IPPROTO_TCP = 6;
const IPPROTO_MPTCP = 262;
const ESTABLISHED = 1;
const SYN_RECEIVED = 3;
const TIME_WAIT = 6;

interface Told {
  readonly cookie: number;
  readonly inode: number;
  readonly port: number;
  readonly protocol?: number;
  readonly state?: number;
}

function lay(size: number, places: typeof portOffsets | typeof offsets, told: Told): DataView {
  const view = new DataView(new ArrayBuffer(size));
  view.setBigUint64(places.cookie, BigInt(told.cookie), true);
  view.setBigUint64(places.inode, BigInt(told.inode), true);
  view.setUint8(places.state, told.state ?? ESTABLISHED);
  view.setUint16(places.family, AF_INET, true);
  view.setUint16(places.protocol, told.protocol ?? IPPROTO_TCP, true);
  view.setUint16(places.localPort, told.port, true);
  view.setUint16(places.remotePort, 443, true);
  return view;
}

const bytesOf = (views: readonly DataView[]): Uint8Array =>
  Buffer.concat(views.map(({ buffer }) => Buffer.from(buffer)));

const loose = (...told: readonly Told[]) =>
  bytesOf(told.map((each) => lay(portRecordSize, portOffsets, each)));

const held = (...told: readonly (Told & { readonly pid: number })[]) =>
  bytesOf(
    told.map((each) => {
      const view = lay(recordSize, offsets, each);
      view.setUint32(offsets.pid, each.pid, true);
      return view;
    }),
  );

const shown = (records: SocketRecords) =>
  Array.from(records.all(), ({ localPort, holders }) => [
    localPort,
    ...holders.map(({ pid }) => pid),
  ]);

test('a socket that was opened between the walks gets its holders from the second look', () => {
  const records = new SocketRecords();
  records.addHeld(held({ pid: 7, cookie: 1, inode: 11, port: 1 }));
  records.addLoose(loose({ cookie: 2, inode: 12, port: 2 }));
  assert.deepEqual(records.unexplained, new Set([12]));
  const again = held(
    { pid: 7, cookie: 1, inode: 11, port: 1 },
    { pid: 7, cookie: 2, inode: 12, port: 2 },
    { pid: 8, cookie: 2, inode: 12, port: 2 },
    { pid: 8, cookie: 3, inode: 13, port: 3 },
  );
  records.addMissed(again, records.unexplained);
  assert.deepEqual(shown(records), [
    [1, 7],
    [2, 7, 8],
  ]);
  assert.equal(records.unexplained.size, 0);
});

test('a socket in flight stays, without a holder', () => {
  const records = new SocketRecords();
  records.addLoose(loose({ cookie: 2, inode: 12, port: 2 }));
  records.addMissed(new Uint8Array(), records.unexplained);
  assert.deepEqual(shown(records), [[2]]);
});

test('a socket told by both walks, or closed between them, is there once', () => {
  const records = new SocketRecords();
  records.addHeld(held({ pid: 7, cookie: 1, inode: 11, port: 1 }));
  records.addHeld(held({ pid: 7, cookie: 2, inode: 12, port: 2 }));
  records.addLoose(loose({ cookie: 1, inode: 11, port: 1 }, { cookie: 2, inode: 0, port: 2 }));
  assert.equal(records.unexplained.size, 0);
  assert.deepEqual(shown(records), [
    [1, 7],
    [2, 7],
  ]);
});

test('a connection that ended between the walks is there once, also without a cookie', () => {
  const records = new SocketRecords();
  records.addHeld(
    held(
      { pid: 7, cookie: firstName + 1, inode: 0, port: 1 },
      { pid: 7, cookie: firstName + 2, inode: 0, port: 2 },
    ),
  );
  const ended = { inode: 0, state: TIME_WAIT };
  records.addLoose(
    loose(
      { ...ended, cookie: firstName + 3, port: 1 },
      { ...ended, cookie: firstName + 4, port: 3 },
    ),
  );
  const all = Array.from(records.all(), ({ localPort, holders, cookie }) => {
    return [localPort, holders.length, cookie];
  });
  assert.deepEqual(all, [
    [1, 1, null],
    [2, 1, null],
    [3, 0, null],
  ]);
});

test('half-open connections have no cookie, and are not taken for one another', () => {
  const records = new SocketRecords();
  const half = { cookie: 0, inode: 0, state: SYN_RECEIVED };
  records.addLoose(loose({ ...half, port: 1 }, { ...half, port: 1 }));
  assert.deepEqual(shown(records), [[1], [1]]);
  assert.equal(records.all().at(0).cookie, null);
});

test('in the place of an MPTCP socket come those below it, with its holders', () => {
  const records = new SocketRecords();
  const above = { inode: 11, port: 1, protocol: IPPROTO_MPTCP };
  records.addHeld(held({ pid: 7, cookie: 1, ...above }, { pid: 8, cookie: 1, ...above }));
  records.addLoose(loose({ cookie: 2, inode: 11, port: 1 }, { cookie: 3, inode: 11, port: 1 }));
  assert.equal(records.unexplained.size, 0);
  assert.deepEqual(shown(records), [
    [1, 7, 8],
    [1, 7, 8],
  ]);
});

test('those below an MPTCP socket that was opened between the walks get its holders', () => {
  const records = new SocketRecords();
  const above = { inode: 11, port: 1 };
  records.addLoose(loose({ cookie: 2, ...above }, { cookie: 3, ...above }));
  const again = { cookie: 1, ...above, protocol: IPPROTO_MPTCP };
  records.addMissed(held({ pid: 7, ...again }, { pid: 8, ...again }), records.unexplained);
  assert.equal(records.unexplained.size, 0);
  assert.deepEqual(shown(records), [
    [1, 7, 8],
    [1, 7, 8],
  ]);
});

test('a process that can not be seen from here is no holder', () => {
  const records = new SocketRecords();
  records.addHeld(held({ pid: 0, cookie: 1, inode: 11, port: 1 }));
  assert.deepEqual(shown(records), []);
});
