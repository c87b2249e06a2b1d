// The Windows process reader over stand-ins: the two kernel pids, denied and reused processes,
// services, and account names with a directory that does not answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSid } from '../../native/windows/sid.ts';
import {
  createWindowsProcesses,
  type ProcessCalls,
} from '../../ts-worker/src/processes/windows.ts';
import { AccountNames } from '../../ts-worker/src/processes/windows-accounts.ts';

const sidOf = (...parts: number[]): Uint8Array => {
  const sid = new Uint8Array(8 + parts.length * 4);
  sid.set([1, parts.length, 0, 0, 0, 0, 0, 5]);
  for (const [index, part] of parts.entries()) {
    new DataView(sid.buffer).setUint32(8 + index * 4, part, true);
  }
  return sid;
};

const alice = sidOf(21, 1, 2, 3, 1001);
const names: Readonly<Record<string, string>> = {
  [formatSid(alice)]: 'BÜRO\\Алиса',
  'S-1-5-18': 'NT-AUTORITÄT\\SYSTEM',
};

const details = {
  startTime: 1000.5,
  path: 'C:\\Program Files\\App\\app.exe',
  commandLine: '"C:\\Program Files\\App\\app.exe" --serve',
  user: alice,
  modules: null,
};

function readerOf(calls: Partial<ProcessCalls>) {
  const processes = new Map(
    [
      { pid: 4, name: 'System', startTime: 1 },
      { pid: 10, name: 'app.exe', startTime: 1000.5 },
      { pid: 11, name: 'csrss.exe', startTime: 900 },
    ].map((process) => [process.pid, process]),
  );
  return createWindowsProcesses({
    takeDebugPrivilege: () => true,
    listProcesses: () => processes,
    listServices: () => [],
    readDetails: () => details,
    lookupAccount: async (sid) => names[formatSid(sid)] ?? null,
    ...calls,
  });
}

const read = async (pid: number, calls: Partial<ProcessCalls> = {}, modules = false) =>
  (await readerOf(calls).read(new Set([pid]), { modules })).get(pid);

test('all facts of one process', async () => {
  const withModules = (_: number, modules: boolean) => ({
    ...details,
    modules: modules ? ['C:\\Program Files\\App\\app.exe'] : null,
  });
  assert.deepEqual(await read(10, { readDetails: withModules }, true), {
    pid: 10,
    startTime: 1000.5,
    name: 'app',
    path: 'C:\\Program Files\\App\\app.exe',
    commandLine: '"C:\\Program Files\\App\\app.exe" --serve',
    user: 'BÜRO\\Алиса',
    services: [],
    modules: ['C:\\Program Files\\App\\app.exe'],
  });
  assert.equal((await read(10, { readDetails: withModules }))?.modules, null);
});

test('pid 0 and 4 have their names and are never opened', async () => {
  const opened: number[] = [];
  const reader = readerOf({
    readDetails: (pid) => {
      opened.push(pid);
      return details;
    },
  });
  const facts = await reader.read(new Set([0, 4]), { modules: true });
  assert.equal(facts.get(0)?.name, 'System Idle');
  assert.equal(facts.get(0)?.user, null);
  assert.equal(facts.get(4)?.name, 'System');
  assert.equal(facts.get(4)?.user, 'NT-AUTORITÄT\\SYSTEM');
  assert.equal(facts.get(4)?.startTime, 1);
  assert.deepEqual(opened, []);
});

test('a process that denies us is still named, and the rest is null', async () => {
  assert.deepEqual(await read(11, { readDetails: () => null }), {
    pid: 11,
    startTime: 900,
    name: 'csrss',
    path: null,
    commandLine: null,
    user: null,
    services: [],
    modules: null,
  });
});

test('names are spelled as Get-Process spells them', async () => {
  const named = async (name: string | null) => {
    const listProcesses = () => new Map([[10, { pid: 10, name, startTime: 1000.5 }]]);
    return (await read(10, { listProcesses }))?.name;
  };
  assert.equal(await named('SVCHOST.EXE'), 'SVCHOST');
  assert.equal(await named('exe.exe.exe'), 'exe.exe');
  assert.equal(await named('Memory Compression'), 'Memory Compression');
  assert.equal(await named('setup.tmp'), 'setup.tmp');
  assert.equal(await named(null), null);
});

test('a process that ended is left out', async () => {
  const reader = readerOf({});
  assert.deepEqual([...(await reader.read(new Set([10, 77]), { modules: false })).keys()], [10]);
});

test('a pid that another process got since the list was read is that process', async () => {
  const later = { ...details, startTime: 5000, path: 'C:\\Other\\other.exe' };
  const facts = await read(10, { readDetails: () => later });
  assert.equal(facts?.startTime, 5000);
  assert.equal(facts?.name, 'other');
});

test('every service of a shared process is listed; null where they are not to be had', async () => {
  const service = (name: string, pid: number) => ({ name, displayName: name, pid, shared: true });
  const services = [service('Dnscache', 10), service('Spooler', 99), service('NlaSvc', 10)];
  const facts = await read(10, { listServices: () => services });
  assert.deepEqual(facts?.services, ['Dnscache', 'NlaSvc']);
  assert.equal((await read(10, { listServices: () => null }))?.services, null);
});

test('the privilege is taken once, before the first process is opened', async () => {
  const order: string[] = [];
  const reader = readerOf({
    takeDebugPrivilege: () => order.push('privilege') < 0,
    readDetails: () => {
      order.push('open');
      return details;
    },
  });
  await reader.read(new Set([10]), { modules: false });
  await reader.read(new Set([10]), { modules: false });
  assert.deepEqual(order, ['privilege', 'open', 'open']);
});

test('a SID without a name is shown as the SID, and asked for once', async () => {
  let asked = 0;
  const accounts = new AccountNames(async () => {
    asked++;
    return null;
  });
  const sid = sidOf(21, 9, 9, 9, 4711);
  await accounts.learn([sid, sid, Uint8Array.from(sid)]);
  await accounts.learn([sid]);
  assert.equal(accounts.of(sid), 'S-1-5-21-9-9-9-4711');
  assert.equal(asked, 1);
});

test('a nameless SID is asked for again after a while, a named one never', async (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 0 });
  const asked: string[] = [];
  const accounts = new AccountNames(async (sid) => {
    asked.push(formatSid(sid));
    return asked.length > 1 ? 'DOMAIN\\late' : null;
  });
  await accounts.learn([alice]);
  context.mock.timers.setTime(11 * 60_000);
  await accounts.learn([alice]);
  assert.equal(accounts.of(alice), 'DOMAIN\\late');
  context.mock.timers.setTime(60 * 60_000);
  await accounts.learn([alice]);
  assert.equal(asked.length, 2);
});

test('a directory that does not answer holds nobody up; its answer counts later', async () => {
  let answer = (_name: string): void => {};
  const accounts = new AccountNames(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const started = performance.now();
  await accounts.learn([alice], 20);
  assert.ok(performance.now() - started < 10_000); // it would never answer by itself
  assert.equal(accounts.of(alice), formatSid(alice));
  answer('DOMAIN\\alice');
  await accounts.learn([alice], 1000);
  assert.equal(accounts.of(alice), 'DOMAIN\\alice');
});
