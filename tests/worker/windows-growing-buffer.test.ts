// Tables that grow between the call that asks for room and the call that fills it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReportedError } from '../../native/reported-error.ts';
import { fileTimeToMilliseconds } from '../../native/windows/bytes.ts';
import { GrowingBuffer } from '../../native/windows/growing-buffer.ts';
import { tables } from '../../native/windows/socket-layout.ts';
import { visitRows } from '../../native/windows/socket-rows.ts';
import { Win32Error } from '../../native/windows/win32-error.ts';
import { layTable } from './windows-lay-tables.ts';

const anywhere = () => 0x1000n;
const insufficient = 122;

test('a table that fits is asked for once, and its buffer serves again', () => {
  const buffer = new GrowingBuffer(64, anywhere);
  let calls = 0;
  const fill = (bytes: Uint8Array) => {
    calls++;
    bytes[0] = calls;
    return 0;
  };
  const first = buffer.fill('Table', fill);
  const second = buffer.fill('Table', fill);
  assert.equal(calls, 2);
  assert.equal(first.bytes, second.bytes);
  assert.equal(second.bytes[0], 2);
});

test('a table that grows at each call is asked for until it fits', () => {
  const layout = tables[0]?.ownerModule;
  assert.ok(layout);
  const sizes: number[] = [];
  let rows = 1;
  const table = new GrowingBuffer(4, anywhere).fill('Table', (bytes, size) => {
    rows += 20;
    const laid = layTable(layout.struct, new Array(rows).fill({ pid: rows })).toBytes();
    sizes.push(size[0]);
    size[0] = laid.length;
    if (laid.length > bytes.length) return insufficient;
    bytes.set(laid);
    return 0;
  });
  assert.ok(sizes.length > 2, `asked ${sizes.length} times`);
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => a - b),
  );
  let visited = 0;
  visitRows(table, layout, (row) => {
    visited++;
    assert.equal(row.pid, rows);
  });
  assert.equal(visited, rows);
});

test('a table that outgrows every buffer is an error, after a bounded number of calls', () => {
  let calls = 0;
  const endless = (bytes: Uint8Array, size: [number]) => {
    calls++;
    size[0] = bytes.length + 1;
    return insufficient;
  };
  const outgrown = {
    code: 'PR_TABLE_UNREADABLE',
    message: /outgrew the room it asked for 10 times/,
  };
  assert.throws(() => new GrowingBuffer(16, anywhere).fill('Table', endless), outgrown);
  assert.equal(calls, 10);
});

test('room that no table needs is refused, not allocated', () => {
  const greedy = (_: Uint8Array, size: [number]) => {
    size[0] = 0xffff_ffff;
    return insufficient;
  };
  const fill = () => new GrowingBuffer(16, anywhere).fill('Table', greedy);
  assert.throws(fill, ReportedError);
  assert.throws(fill, /asks for 4294967295 bytes/);
});

test('the kernel says by its own codes that it needs more room', () => {
  for (const status of [0xc000_0004, 0xc000_0023, 0x8000_0005]) {
    const filled = new GrowingBuffer(8, anywhere).fill('List', (bytes, size) => {
      size[0] = 100;
      return bytes.length < 100 ? status : 0;
    });
    assert.ok(filled.bytes.length >= 100);
  }
});

test('any other code is a refusal that names the call', () => {
  const denied = () => 5;
  const error = { name: 'Win32Error', call: 'OpenTable', code: 5, message: /OpenTable.*error 5/ };
  assert.throws(() => new GrowingBuffer(8, anywhere).fill('OpenTable', denied), error);
  assert.match(new Win32Error('NtQuery', 0xc000_0022).message, /0xc0000022/);
});

test('a refusal may be taken as nothing to see; a contradiction may not', () => {
  const buffer = new GrowingBuffer(8, anywhere);
  assert.equal(
    buffer.tryFill('Table', () => 5),
    null,
  );
  const endless = (): number => insufficient;
  assert.throws(() => buffer.tryFill('Table', endless), { code: 'PR_TABLE_UNREADABLE' });
});

test('FILETIME is counted from 1601 in steps of 100 ns', () => {
  assert.equal(fileTimeToMilliseconds(0n), null);
  assert.equal(fileTimeToMilliseconds(116_444_736_000_000_000n), 0);
  // 2024-02-29T12:34:56.123456Z
  const moment = Date.UTC(2024, 1, 29, 12, 34, 56, 123);
  const time = BigInt(moment) * 10_000n + 4567n + 116_444_736_000_000_000n;
  assert.equal(fileTimeToMilliseconds(time), moment + 0.456);
});
