// This process, its children and the services of this system, as the Windows process reader sees
// them.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { lookupAccount, readUser } from '../../native/windows/account.ts';
import { GrowingBuffer } from '../../native/windows/growing-buffer.ts';
import { isElevated, takeDebugPrivilege } from '../../native/windows/own-token.ts';
import {
  PROCESS_QUERY_LIMITED_INFORMATION,
  readCommandLine,
  readImagePath,
  readStartTime,
  withProcess,
} from '../../native/windows/process.ts';
import { listProcesses } from '../../native/windows/process-list.ts';
import { listServices } from '../../native/windows/services.ts';
import type { ProcessFacts } from '../../ts-worker/src/model/process.ts';
import { createWindowsProcesses, windowsCalls } from '../../ts-worker/src/processes/windows.ts';
import { assertOurStart, countHandles, denyAll, underWine } from './machine.ts';

const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill();
});

/** A child that waits until it is killed; it says so on its output once it runs. */
async function startChild(program = process.execPath): Promise<number> {
  const script = 'process.stdout.write("up"); setInterval(() => {}, 1000)';
  const child = spawn(program, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout ?? child, 'data');
  return child.pid ?? 0;
}

// Not with SeDebugPrivilege: it opens even what was closed to all.
const unprivileged = createWindowsProcesses({ ...windowsCalls, takeDebugPrivilege: () => false });

const readOne = async (pid: number, modules = false): Promise<ProcessFacts | undefined> =>
  (await unprivileged.read(new Set([pid]), { modules })).get(pid);

test('a process that nobody may open is named, and everything else is null', async () => {
  const pid = await startChild();
  const open = await readOne(pid);
  denyAll(pid);
  const denied = await readOne(pid, true);
  assert.deepEqual(denied, {
    ...open,
    path: null,
    commandLine: null,
    user: null,
    modules: null,
  });
  assert.equal(denied?.name, 'node');
  assert.ok(denied?.startTime);
});

test('this process: name, start, path, user', async () => {
  const facts = await readOne(process.pid);
  assert.equal(facts?.name, 'node');
  assert.equal(facts?.path?.toLowerCase(), process.execPath.toLowerCase());
  assertOurStart(facts?.startTime);
  const [domain, name, ...rest] = facts?.user?.split('\\') ?? [];
  assert.equal(name?.toLowerCase(), userInfo().username.toLowerCase());
  assert.ok(domain);
  assert.deepEqual(rest, []);
  assert.equal(facts?.modules, null, 'not asked for');
});

test('this process: its command line', {
  skip: underWine && 'Wine 8 does not tell it',
}, async () => {
  const facts = await readOne(process.pid);
  assert.match(facts?.commandLine ?? '', /node.*processes\.test/);
});

test('this process: its modules, the program first', async () => {
  const modules = (await readOne(process.pid, true))?.modules?.map((path) => path.toLowerCase());
  assert.equal(modules?.[0], process.execPath.toLowerCase());
  assert.ok(modules?.some((path) => path.endsWith('\\system32\\ntdll.dll')));
  assert.ok(modules?.some((path) => path.endsWith('\\koffi.node')));
});

test('the list of processes and an open handle say the same start', () => {
  const listed = listProcesses().get(process.pid)?.startTime;
  const held = withProcess(process.pid, PROCESS_QUERY_LIMITED_INFORMATION, readStartTime);
  assert.equal(typeof listed, 'number');
  assert.equal(held, listed);
});

test('a child is there while it lives, and left out afterwards', async () => {
  const pid = await startChild();
  const [mine, its] = [await readOne(process.pid), await readOne(pid)];
  assert.equal(its?.path, mine?.path);
  assert.ok((its?.startTime ?? 0) > (mine?.startTime ?? 0));
  const child = children.at(-1);
  child?.kill();
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(await readOne(pid), undefined);
});

test('texts that do not fit are asked for again with more room', () => {
  withProcess(process.pid, PROCESS_QUERY_LIMITED_INFORMATION, (handle) => {
    assert.equal(readImagePath(handle, new GrowingBuffer(4)), readImagePath(handle));
    assert.equal(readCommandLine(handle, new GrowingBuffer(4)), readCommandLine(handle));
  });
});

const noLongPaths = underWine && 'Wine 8 starts no program beyond 260 characters';

test('a path beyond 260 characters is whole', { skip: noLongPaths }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
  try {
    const deep = `\\\\?\\${join(folder, 'd'.repeat(100), 'e'.repeat(100), 'f'.repeat(100))}`;
    mkdirSync(deep, { recursive: true });
    const program = `${deep}\\node.exe`;
    copyFileSync(process.execPath, program);
    const facts = await readOne(await startChild(program));
    assert.equal(facts?.path?.toLowerCase(), program.slice(4).toLowerCase());
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
});

test('running services have names, display names and a live process', async () => {
  const services = listServices();
  assert.ok(services && services.length > 0);
  const processes = listProcesses();
  for (const { name, displayName, pid } of services) {
    assert.match(name, /^\S+/);
    assert.notEqual(displayName, '');
    assert.ok(processes.has(pid), `the process ${pid} of ${name}`);
  }
  const [first] = services;
  const facts = await readOne(first?.pid ?? 0);
  const inIt = services.filter(({ pid }) => pid === first?.pid).map(({ name }) => name);
  assert.deepEqual(facts?.services, inIt);
  assert.deepEqual((await readOne(process.pid))?.services, []);
});

test('pid 0 and 4', async () => {
  const facts = await unprivileged.read(new Set([0, 4]), { modules: true });
  assert.equal(facts.get(0)?.name, 'System Idle');
  assert.equal(facts.get(4)?.name, 'System');
  assert.match(facts.get(4)?.user ?? '', /.+\\.+/);
});

test('a SID that nobody knows has no name; a well-known one has', async () => {
  const stranger = [
    1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 9, 0, 0,
  ];
  assert.equal(await lookupAccount(Uint8Array.from(stranger)), null);
  const localService = await lookupAccount(Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 5, 19, 0, 0, 0]));
  assert.match(localService ?? '', /.+\\.+/);
});

test('an account is also found where its first room is too small', async () => {
  const sid = withProcess(process.pid, PROCESS_QUERY_LIMITED_INFORMATION, readUser);
  assert.ok(sid);
  assert.equal(await lookupAccount(sid, 2), await lookupAccount(sid));
});

test('the debug privilege is taken where it is held', () => {
  assert.equal(takeDebugPrivilege(), isElevated());
});

test('reading leaves no handle behind, denied or not', async () => {
  const denied = await startChild();
  denyAll(denied);
  const pids = new Set([...listProcesses().keys(), denied, 999_999]);
  await unprivileged.read(pids, { modules: true });
  const before = countHandles();
  for (let i = 0; i < 20; i++) await unprivileged.read(pids, { modules: true });
  const more = countHandles() - before;
  assert.ok(more < 10, `${more} more handles after 20 reads of ${pids.size} processes`);
});
