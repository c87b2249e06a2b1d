// What the event stream tells of processes, and of whose pids in nested namespaces.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EventKind } from '../../native/linux/bpf/event-record.ts';
import { openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { during, host } from './bpf-event-support.ts';
import { end, heard, listen, role, sayAndStay, startRole, whyNoBpf } from './bpf-support.ts';

if (role === 'nested watcher') {
  const seen = await during(() => spawnSync('/bin/true'));
  const own = seen.processes.filter((event) => event.parent === process.pid);
  await sayAndStay(own.map(({ kind, process: { pid, globalPid } }) => [kind, pid, globalPid]));
  process.exit();
}
if (role === 'nested listener') {
  const server = await listen(host);
  await sayAndStay({ port: server.port, pid: process.pid });
  process.exit();
}

const skip = whyNoBpf();

test('a process: forked, executed, exited', { skip }, async () => {
  let pid = 0;
  const { processes } = await during(() => {
    pid = spawnSync('/bin/true').pid;
  });
  const own = processes.filter((event) => event.process.pid === pid);
  assert.deepEqual(
    own.map((event) => event.kind),
    [EventKind.Forked, EventKind.Executed, EventKind.Exited],
  );
  const [forked, executed, exited] = own;
  assert.equal(forked?.parent, process.pid);
  assert.equal(executed?.parent, process.pid);
  assert.equal(executed?.path, '/bin/true');
  assert.equal(executed?.pathIsCut, false);
  assert.equal(executed?.process.name, 'true');
  assert.equal(executed?.process.uid, process.geteuid?.());
  assert.equal(executed?.process.started, forked?.process.started);
  assert.equal(exited?.process.started, forked?.process.started);
});

test('a path that is too long is marked as cut', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
  const program = join(folder, 'x'.repeat(250));
  symlinkSync('/bin/true', program);
  let pid = 0;
  const { processes } = await during(() => {
    pid = spawnSync(program).pid;
  });
  rmSync(folder, { recursive: true });
  const executed = processes.find(
    (event) => event.process.pid === pid && event.kind === EventKind.Executed,
  );
  assert.equal(executed?.pathIsCut, true);
  assert.equal(executed?.path, program.slice(0, 255));
});

test('a thread is no process', { skip }, async () => {
  const { processes } = await during(async () => {
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker('', { eval: true });
    await once(worker, 'exit');
  });
  const { pid } = process;
  assert.deepEqual(
    processes.filter((event) => event.process.globalPid === pid || event.parent === pid),
    [],
  );
});

test('pids in a nested pid namespace', { skip }, async () => {
  const watcher = startRole('nested watcher', ['unshare', '--pid', '--fork', '--mount-proc']);
  const events = await heard<[number, number, number][]>(watcher);
  await end(watcher);
  assert.deepEqual(
    events.map(([kind]) => kind),
    [EventKind.Forked, EventKind.Executed],
  );
  for (const [, pid, globalPid] of events) {
    assert.ok(pid > 1 && pid < 200, `pid ${pid}`);
    assert.ok(globalPid > 0 && globalPid !== pid);
  }
});

test('the outer namespace sees the inner one with its own pids', { skip }, async () => {
  const stream = openEventStream();
  const child = startRole('nested listener', ['unshare', '--pid', '--fork', '--mount-proc']);
  const { port, pid } = await heard<{ port: number; pid: number }>(child);
  const { sockets } = await during(() => {}, stream);
  await end(child);
  const bound = sockets.find((event) => event.localPort === port);
  assert.equal(pid, 1);
  assert.equal(bound?.process.pid, bound?.process.globalPid);
  assert.notEqual(bound?.process.pid, 1);
});
