// The decoders of all Windows structures but the socket tables, on bytes laid by hand.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTokenUser } from '../../native/windows/account.ts';
import { FilledBuffer } from '../../native/windows/bytes.ts';
import { decodeOwnerModule } from '../../native/windows/iphlpapi.ts';
import { unredirected } from '../../native/windows/modules.ts';
import { decodeProcessList } from '../../native/windows/process-list.ts';
import { decodeServices } from '../../native/windows/services.ts';
import { formatSid } from '../../native/windows/sid.ts';
import { base, Layer } from './windows-lay-tables.ts';

const unreadable = { code: 'PR_TABLE_UNREADABLE' };

/** SYSTEM_PROCESS_INFORMATION with `threads` SYSTEM_THREAD_INFORMATIONs and its name behind it. */
function layProcess(at: number, pid: number, name: string, start: bigint, threads = 2): Layer {
  const fixed = 0x100 + threads * 0x50;
  const size = Math.ceil((fixed + name.length * 2 + 2) / 8) * 8;
  const nameAt = name === '' ? 0n : base + BigInt(at + fixed);
  const laid = new Layer().u32(size).u32(threads).zeros(24); // NextEntryOffset, NumberOfThreads
  laid.u64(start).zeros(16); // CreateTime, UserTime, KernelTime
  laid
    .u16(name.length * 2)
    .u16(name.length * 2 + 2)
    .align(8)
    .u64(nameAt); // ImageName
  laid.u32(8).align(8).u64(BigInt(pid)).u64(4n); // BasePriority, UniqueProcessId, its parent
  return laid
    .zeros(fixed - laid.length)
    .text(name)
    .zeros(size - fixed - name.length * 2);
}

const epoch = 116_444_736_000_000_000n;

function layProcesses(...processes: readonly (readonly [number, string, bigint])[]): Uint8Array {
  const list = new Layer();
  let last = 0;
  for (const [pid, name, start] of processes) {
    last = list.length;
    list.add(layProcess(last, pid, name, start));
  }
  const bytes = list.toBytes();
  new DataView(bytes.buffer).setUint32(last, 0, true); // the last one has no next
  return bytes;
}

const filled = (bytes: Uint8Array): FilledBuffer => new FilledBuffer('A list', bytes, base);

test('the list of processes: names in any language, starts, pids', () => {
  const bytes = layProcesses(
    [0, '', 0n],
    [4, 'System', epoch],
    [123_456, 'Gerät für Ω 日本.exe', epoch + 12_345_678n],
  );
  assert.deepEqual(
    [...decodeProcessList(filled(bytes)).values()],
    [
      { pid: 0, name: null, startTime: null },
      { pid: 4, name: 'System', startTime: 0 },
      { pid: 123_456, name: 'Gerät für Ω 日本.exe', startTime: 1234.567 },
    ],
  );
});

test('a list of processes that is cut, or whose entries lie, is refused', () => {
  const whole = layProcesses([8, 'one.exe', epoch], [12, 'two.exe', epoch]);
  for (const length of [0, 50, whole.length / 2 + 60, whole.length - 16]) {
    assert.throws(() => decodeProcessList(filled(whole.slice(0, length))), unreadable, `${length}`);
  }
  const short = whole.slice();
  new DataView(short.buffer).setUint32(0, 8, true); // an entry within the first one
  assert.throws(() => decodeProcessList(filled(short)), unreadable);
  const stray = whole.slice();
  new DataView(stray.buffer).setBigUint64(64, base - 2n, true); // a name before the buffer
  assert.throws(() => decodeProcessList(filled(stray)), unreadable);
});

interface LaidService {
  readonly name: string;
  readonly displayName: string;
  readonly type: number;
  readonly pid: number;
}

/** ENUM_SERVICE_STATUS_PROCESSW, the strings at the end of the buffer as Windows lays them. */
function layServices(services: readonly LaidService[]): Uint8Array {
  const [list, strings] = [new Layer(), new Layer()];
  const stringsAt = services.length * 56;
  const place = (text: string): bigint => {
    const at = base + BigInt(stringsAt + strings.length);
    strings.text(text).u16(0);
    return at;
  };
  for (const { name, displayName, type, pid } of services) {
    list.u64(place(name)).u64(place(displayName));
    list.u32(type).u32(4).zeros(20).u32(pid).u32(0).align(8);
  }
  return list.add(strings).toBytes();
}

const dnscache = { name: 'Dnscache', displayName: 'DNS-Client', type: 0x20, pid: 900 };
const spooler = { name: 'Spooler', displayName: 'Druckwarteschlange', type: 0x110, pid: 901 };

test('services: short and display names, pid, own or shared process', () => {
  assert.deepEqual(decodeServices(filled(layServices([dnscache, spooler])), 2), [
    { name: 'Dnscache', displayName: 'DNS-Client', pid: 900, shared: true },
    { name: 'Spooler', displayName: 'Druckwarteschlange', pid: 901, shared: false },
  ]);
  assert.deepEqual(decodeServices(filled(new Uint8Array(0)), 0), []);
});

test('a list of services that is cut or lies is refused', () => {
  const whole = layServices([dnscache, spooler]);
  assert.throws(() => decodeServices(filled(whole), 10), unreadable);
  assert.throws(() => decodeServices(filled(whole.slice(0, 100)), 2), unreadable);
  // The last string is not ended within the buffer.
  assert.throws(() => decodeServices(filled(whole.slice(0, -2)), 2), unreadable);
});

/** TOKEN_USER: the pointer to the SID, its attributes, then the SID itself. */
function layTokenUser(authority: number, ...parts: number[]): Layer {
  const user = new Layer()
    .u64(base + 16n)
    .u32(7)
    .align(8);
  user.u8(1, parts.length, 0, 0, 0, 0, 0, authority);
  for (const part of parts) user.u32(part);
  return user;
}

test("the user's SID, as whoami writes it", () => {
  const sid = decodeTokenUser(layTokenUser(5, 21, 1_004_336_348, 1_177_238_915, 500).toFilled());
  assert.ok(sid);
  assert.equal(formatSid(sid), 'S-1-5-21-1004336348-1177238915-500');
  const system = decodeTokenUser(layTokenUser(5, 18).zeros(40).toFilled());
  assert.ok(system);
  assert.equal(formatSid(system), 'S-1-5-18');
  // An identifier authority beyond 32 bits is written in hexadecimal ([MS-DTYP] 2.4.2.1).
  assert.equal(
    formatSid(Uint8Array.from([1, 1, 1, 2, 3, 4, 5, 6, 9, 0, 0, 0])),
    'S-1-0x010203040506-9',
  );
});

test('a token without a user, and tokens that lie', () => {
  assert.equal(decodeTokenUser(new Layer().u64(0n).toFilled()), null);
  const whole = layTokenUser(5, 21, 1, 2, 3).toBytes();
  assert.throws(() => decodeTokenUser(filled(whole.slice(0, -1))), unreadable);
  assert.throws(() => decodeTokenUser(filled(whole.slice(0, 20))), unreadable);
  assert.throws(() => decodeTokenUser(filled(whole.slice(0, 4))), unreadable);
  const crowded = whole.slice();
  crowded[17] = 16; // a SID has 15 parts at most
  assert.throws(() => decodeTokenUser(filled(crowded)), unreadable);
});

test('the module that opened a socket', () => {
  const info = new Layer()
    .u64(base + 16n)
    .u64(0n)
    .text('Dnscache')
    .u16(0);
  assert.equal(decodeOwnerModule(info.toFilled()), 'Dnscache');
  assert.equal(decodeOwnerModule(new Layer().u64(0n).toFilled()), null);
  const endless = new Layer()
    .u64(base + 16n)
    .u64(0n)
    .text('Dnscache');
  assert.throws(() => decodeOwnerModule(endless.toFilled()), unreadable);
  assert.throws(() => decodeOwnerModule(new Layer().u64(1n).toFilled()), unreadable);
});

test("a 32-bit process's System32 is SysWOW64, but not for its 64-bit modules", () => {
  const windows = 'C:\\WINDOWS';
  const disk = '\\Device\\HarddiskVolume3\\Windows';
  const dll = 'C:\\Windows\\system32\\KERNEL32.DLL';
  const real = unredirected(dll, `${disk}\\SysWOW64\\kernel32.dll`, windows);
  assert.equal(real, 'C:\\WINDOWS\\SysWOW64\\KERNEL32.DLL');
  const wow64 = 'C:\\Windows\\System32\\wow64.dll';
  assert.equal(unredirected(wow64, `${disk}\\System32\\wow64.dll`, windows), wow64);
  assert.equal(unredirected(wow64, null, windows), wow64);
  const own = 'C:\\Program Files (x86)\\Old\\old.exe';
  assert.equal(unredirected(own, `${disk}\\SysWOW64\\old.exe`, windows), own);
});
