// Programs that live only for a moment still have a name, a path, a user and a start time.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findOnPath } from '../../../build/tasks/shell.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { type PortChange, Watch } from './support/watch.ts';

const bash = findOnPath('bash');
const skip = whyNoBpf() || (bash === null ? 'bash is not installed' : false);
/** nobody, on every Linux (passwd(5)). */
const other = { uid: 65_534, gid: 65_534 };

describe('a program that lives for a moment', { skip }, () => {
  let watch: Watch;
  const server = createServer((socket) => socket.resume());
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
  let port = 0;

  before(async () => {
    watch = await Watch.start();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    const script = join(folder, 'knock.sh');
    writeFileSync(script, `#!${bash}\n: >/dev/tcp/127.0.0.1/$1\n`);
    for (const each of [folder, script]) chmodSync(each, 0o755);
  });
  after(async () => {
    server.close();
    await watch.stop();
    rmSync(folder, { recursive: true });
  });

  /** What is told of the connection that the program makes. */
  async function toldOf(program: string, args: readonly string[], options: object = {}) {
    const from = watch.changes.length;
    const begun = Date.now();
    const child = spawn(program, args, { cwd: folder, stdio: 'inherit', ...options });
    const { pid } = child;
    await once(child, 'close');
    await watch.caughtUp();
    const told = watch.changes.slice(from).filter(({ OwningProcess }) => OwningProcess === pid);
    const started = Date.parse(told[0]?.ProcessStartTime ?? '');
    assert.ok(started >= begun - 1000 && started <= Date.now(), `it started at ${started}`);
    return told;
  }

  const oneOf = (changes: readonly PortChange[], pick: (change: PortChange) => string | null) =>
    [...new Set(changes.map(pick))].join();

  it('is named by the kernel’s own events', async () => {
    const told = await toldOf(bash ?? '', ['-c', `: >/dev/tcp/127.0.0.1/${port}`]);
    assert.equal(told[0]?.Change, 'Appeared');
    assert.equal(
      oneOf(told, ({ ProcessName }) => ProcessName),
      'bash',
    );
    const path = oneOf(told, ({ Path }) => Path);
    assert.ok([`${bash} (as typed)`, '/usr/bin/bash', '/bin/bash'].includes(path), path);
    assert.equal(
      oneOf(told, ({ User }) => User),
      'root',
    );
  });

  it('that is a script, typed as a relative path, under another user', async () => {
    const told = await toldOf('./knock.sh', [String(port)], other);
    assert.equal(told[0]?.Change, 'Appeared');
    assert.equal(
      oneOf(told, ({ ProcessName }) => ProcessName),
      'knock.sh',
    );
    assert.match(
      oneOf(told, ({ Path }) => Path),
      /^(\.\/knock\.sh \(as typed\)|\/(usr\/)?bin\/bash)$/,
    );
    assert.equal(
      oneOf(told, ({ User }) => User),
      'nobody',
    );
  });

  it('that only forks runs its parent’s program', async () => {
    // The inner shell is a fork without an exec; the outer one waits for it and lives on a little.
    const inner = `(: >/dev/tcp/127.0.0.1/${port}) & wait; sleep 0.3`;
    const from = watch.changes.length;
    const child = spawn(bash ?? '', ['-c', inner], { stdio: 'inherit' });
    await once(child, 'close');
    await watch.caughtUp();
    const told = watch.changes.slice(from).filter((each) => each.RemotePort === port);
    assert.equal(told[0]?.Change, 'Appeared');
    assert.notEqual(told[0]?.OwningProcess, child.pid);
    assert.equal(
      oneOf(told, ({ ProcessName }) => ProcessName),
      'bash',
    );
    assert.match(
      oneOf(told, ({ Path }) => Path),
      /bash( \(as typed\))?$/,
    );
  });

  it('is not named after the program that it executed next', async () => {
    // One pid: a shell that connects, and becomes sleep at once with the connection open.
    const becoming = `exec 9<>/dev/tcp/127.0.0.1/${port}; exec sleep 0.4`;
    const told = await toldOf(bash ?? '', ['-c', becoming]);
    const [first] = told;
    assert.deepEqual([first?.Change, first?.ProcessName], ['Appeared', 'bash']);
    assert.equal(told.at(-1)?.ProcessName, 'sleep', 'which closes it in the end');
  });
});
