// What the tests of the socket table share.

import assert from 'node:assert/strict';
import { decodeSocketRecords, type SocketRecord } from '../../native/linux/bpf/socket-record.ts';
import { SocketTable } from '../../native/linux/bpf/socket-table.ts';

export const TCP = 6; // IPPROTO_TCP

export async function readTable(): Promise<SocketRecord[]> {
  const table = new SocketTable();
  const records: SocketRecord[] = [];
  try {
    await table.read((bytes) => records.push(...decodeSocketRecords(bytes.slice())));
    return records;
  } finally {
    table.close();
  }
}

/** Our own; the rest of the machine may use the same port on another address. */
export async function recordsAt(localPort: number, protocol = TCP): Promise<SocketRecord[]> {
  return (await readTable()).filter(
    (record) =>
      record.pid === process.pid && record.localPort === localPort && record.protocol === protocol,
  );
}

export const recordsOf = async (socket: bigint): Promise<SocketRecord[]> =>
  (await readTable()).filter(({ cookie }) => cookie === socket);

export function one(records: readonly SocketRecord[]): SocketRecord {
  assert.equal(records.length, 1, `one record, but got ${records.length}`);
  return records[0] as SocketRecord;
}
