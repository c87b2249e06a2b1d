// What the tests of the socket table share.

import assert from 'node:assert/strict';
import { FileWalk } from '../../native/linux/bpf/file-walk.ts';
import { decodeSocketRecords, type SocketRecord } from '../../native/linux/bpf/socket-record.ts';
import { SocketTable } from '../../native/linux/bpf/socket-table.ts';

export const TCP = 6; // IPPROTO_TCP

/** What walks over the files of processes: the kernel's iterator, and a program of ours. */
export type Walker = typeof SocketTable | typeof FileWalk;
export const walkers: readonly Walker[] = [SocketTable, FileWalk];

export async function readTable(Table: Walker): Promise<SocketRecord[]> {
  const table = new Table();
  const records: SocketRecord[] = [];
  try {
    await table.read((bytes) => records.push(...decodeSocketRecords(bytes.slice())), true);
    return records;
  } finally {
    table.close();
  }
}

/** Our own; the rest of the machine may use the same port on another address. */
export async function recordsAt(
  Table: Walker,
  localPort: number,
  protocol = TCP,
): Promise<SocketRecord[]> {
  return (await readTable(Table)).filter(
    (record) =>
      record.pid === process.pid && record.localPort === localPort && record.protocol === protocol,
  );
}

/** By its inode number: another test may have the kernel give it a cookie meanwhile. */
export const recordsOf = async (Table: Walker, socket: number): Promise<SocketRecord[]> =>
  (await readTable(Table)).filter(({ inode }) => inode === socket);

export function one(records: readonly SocketRecord[]): SocketRecord {
  assert.equal(records.length, 1, `one record, but got ${records.length}`);
  return records[0] as SocketRecord;
}
