// What the tests of the socket table share.

import assert from 'node:assert/strict';
import { decodeSocketRecords, type SocketRecord } from '../../native/linux/bpf/socket-record.ts';
import { openSocketTable } from '../../native/linux/bpf/socket-table.ts';

export const TCP = 6; // IPPROTO_TCP

export function readTable(): SocketRecord[] {
  const table = openSocketTable();
  try {
    return decodeSocketRecords(table.read().slice());
  } finally {
    table.close();
  }
}

/** Our own; the rest of the machine may use the same port on another address. */
export function recordsAt(localPort: number, protocol = TCP): SocketRecord[] {
  return readTable().filter(
    (record) =>
      record.pid === process.pid && record.localPort === localPort && record.protocol === protocol,
  );
}

export const recordsOf = (socket: bigint) => readTable().filter(({ cookie }) => cookie === socket);

export function one(records: readonly SocketRecord[]): SocketRecord {
  assert.equal(records.length, 1, `one record, but got ${records.length}`);
  return records[0] as SocketRecord;
}
