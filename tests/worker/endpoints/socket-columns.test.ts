// Sockets in columns: what goes in comes out again, however many there are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinuxHolders } from '../../../ts-worker/src/endpoints/linux-holders.ts';
import { RowsByCookie } from '../../../ts-worker/src/endpoints/rows-by-cookie.ts';
import { SocketColumns } from '../../../ts-worker/src/endpoints/socket-columns.ts';
import { heldBy, socket } from '../support/rows.ts';

const many = 5000; // more than there is room for at first

const all = Array.from({ length: many }, (_, number) => {
  const connected = { remoteAddress: '::1%2', remotePort: number, state: 'Established' } as const;
  return heldBy([number % 7, 7], {
    cookie: 2 ** 40 + number,
    localAddress: `10.0.0.${number % 250}`,
    localPort: number,
    service: number % 5 === 0 ? 'svc' : null,
    ...(number % 3 === 0 ? connected : {}),
  });
});

test('sockets come out as they went in', () => {
  assert.deepEqual([...SocketColumns.of(all)], all);
});

test('an empty list of holders says whether there can be one', () => {
  const both = [socket({ ownerless: true }), socket({ ownerless: false })];
  assert.deepEqual([...SocketColumns.of(both)], both);
});

test('the last row takes the place of one that is removed', () => {
  const columns = SocketColumns.of(all);
  columns.remove(1);
  columns.remove(columns.length - 1);
  assert.equal(columns.length, many - 2);
  assert.deepEqual(columns.at(1), all.at(-1));
  assert.deepEqual(columns.at(2), all[2]);
});

test('a row is found by its cookie, also one that is beyond 32 bits', () => {
  const columns = SocketColumns.of(all);
  const rows = new RowsByCookie(columns);
  for (let row = 0; row < columns.length; row += 2) rows.add(row);
  for (const [row, { cookie }] of all.entries()) {
    assert.equal(rows.get(cookie ?? 0), row % 2 === 0 ? row : -1);
  }
  assert.equal(rows.get(2 ** 32 + 2 ** 40), -1);
});

test('what has no cookie is never found', () => {
  const columns = SocketColumns.of([socket(), socket()]);
  const rows = new RowsByCookie(columns);
  rows.add(0);
  assert.equal(rows.get(0), -1);
});

test('the same holders have one list, each process once', () => {
  const columns = new SocketColumns();
  const view = new DataView(new ArrayBuffer(0));
  const holders = new LinuxHolders(columns, (_, at) => 10 * at);
  const [five, six] = [holders.of(5, view, 5), holders.of(6, view, 6)];
  const both = holders.with(five, 6, view, 6);
  assert.equal(holders.of(5, view, 0), five);
  assert.equal(holders.with(five, 6, view, 0), both);
  assert.equal(holders.with(both, 5, view, 0), both);
  assert.notEqual(both, six);
  assert.deepEqual(columns.holderLists[both], [
    { pid: 5, startTime: 50 },
    { pid: 6, startTime: 60 },
  ]);
});
