// The snapshot over the Windows readers without an administrator's rights: Windows tells everybody
// which process has a socket, but may deny all else about it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWindowsEndpoints } from '../../ts-worker/src/endpoints/windows.ts';
import { compileFilter } from '../../ts-worker/src/model/filter/filter.ts';
import { createWindowsProcesses } from '../../ts-worker/src/processes/windows.ts';
import { Snapshots } from '../../ts-worker/src/snapshot/snapshot.ts';
import { layTable, type Row } from './windows-lay-tables.ts';

const processes = new Map(
  [
    { pid: 4, name: 'System', startTime: 1 },
    { pid: 10, name: 'mine.exe', startTime: 10 },
    { pid: 11, name: 'lsass.exe', startTime: 11 },
  ].map((process) => [process.pid, process]),
);

const details = {
  startTime: 10,
  path: 'C:\\mine.exe',
  commandLine: null,
  user: Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 5, 19, 0, 0, 0]),
  modules: null,
};

function take(rows: readonly Row[]) {
  const tcp = 'MIB_TCPROW_OWNER_MODULE';
  const endpoints = createWindowsEndpoints({
    readSocketTable: ({ struct }) => layTable(struct, struct === tcp ? rows : []).toFilled(),
    readBoundTable: () => null,
    readOwnerModule: () => null,
    listServices: () => [],
    listProcesses: () => processes,
    isElevated: () => false,
  });
  const readers = createWindowsProcesses({
    takeDebugPrivilege: () => false,
    listProcesses: () => processes,
    listServices: () => [],
    readDetails: (pid) => (pid === 10 ? details : null),
    lookupAccount: async () => 'NT AUTHORITY\\SYSTEM',
  });
  const snapshots = new Snapshots(endpoints, readers);
  return snapshots.take({ filter: compileFilter({}), modules: false, source: null });
}

test('an owner that denies itself is named, and counted for the warning', async () => {
  const { rows, hidden } = await take([{ pid: 11, localPort: 88 }, { pid: 10 }]);
  assert.equal(hidden, 1);
  const owner = [...rows].find(({ endpoint }) => endpoint.localPort === 88)?.ownership.owner;
  assert.equal(owner?.pid, 11);
  assert.equal(owner?.name, 'lsass');
  assert.equal(owner?.user, null);
});

test('our own processes, the kernel, what ended and what only waits are not counted', async () => {
  const waiting = { state: 11, pid: 0, remotePort: 9 };
  const { rows, hidden } = await take([{ pid: 10 }, { pid: 4 }, { pid: 77 }, waiting]);
  assert.equal(rows.length, 4);
  assert.equal(hidden, 0);
});
