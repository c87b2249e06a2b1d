import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { decodePasswd, UserNames } from '../../../native/linux/users.ts';

describe('passwd', () => {
  it('gives each uid the first name it has', () => {
    const text = [
      'root:x:0:0:root:/root:/bin/bash',
      'toor:x:0:0::/root:/bin/sh',
      'www-data:x:33:33::/var/www:/usr/sbin/nologin',
      'jürgen:x:1000:1000:Jürgen,,,:/home/j:/bin/bash',
      '+::::::', // compat entries name no user
      '-bad:x:::::',
      ':x:5:5::/:',
      'cut',
      '',
    ].join('\n');
    assert.deepEqual(
      [...decodePasswd(text)],
      [
        [0, 'root'],
        [33, 'www-data'],
        [1000, 'jürgen'],
      ],
    );
  });
});

describe('UserNames', { skip: process.platform !== 'linux' && 'getent is Linux' }, () => {
  /** Milliseconds for an answer: the machine may be busy. */
  const patience = 60_000;
  let folder = '';
  let passwd = '';
  const path = process.env.PATH;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portreporter-users-'));
    passwd = join(folder, 'passwd');
    writeFileSync(passwd, 'local:x:1000:1000::/:\n');
    process.env.PATH = [folder, path].join(delimiter);
  });

  afterEach(() => {
    mock.restoreAll();
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** Puts a program in the place of getent that notes its arguments and does `script`. */
  function nameService(script: string): () => string {
    const log = join(folder, 'log');
    writeFileSync(log, '');
    writeFileSync(join(folder, 'getent'), `#!/bin/sh\necho "$@" >> '${log}'\n${script}\n`);
    chmodSync(join(folder, 'getent'), 0o755);
    return () => readFileSync(log, 'utf8');
  }

  it('asks the name service for all unknown uids at once, and once', async () => {
    const asked = nameService("echo 'far:*:70001:70001::/:'; exit 2");
    const users = new UserNames(passwd, patience);
    await users.learn([1000, 70_001, 70_002, 70_001]);
    await users.learn([70_001, 70_002]);
    assert.deepEqual(
      [1000, 70_001, 70_002].map((uid) => users.of(uid)),
      ['local', 'far', '70002'],
    );
    assert.equal(asked(), 'passwd 70001 70002\n');
  });

  it('does not ask where /etc/passwd knows all', async () => {
    const asked = nameService('exit 2');
    await new UserNames(passwd).learn([1000]);
    assert.equal(asked(), '');
  });

  it('does not wait for a name service that hangs, and asks again after a minute', async () => {
    let now = 1_000_000;
    mock.method(Date, 'now', () => now);
    const asked = nameService('exec sleep 600');
    const users = new UserNames(passwd, 3000);
    const start = performance.now();
    await users.learn([70_001]);
    assert.ok(performance.now() - start < 60_000);
    assert.equal(users.of(70_001), '70001');
    nameService("echo 'back:*:70001:70001::/:'");
    await users.learn([70_001]);
    assert.equal(users.of(70_001), '70001');
    now += 61_000;
    await users.learn([70_001]);
    assert.equal(users.of(70_001), 'back');
    assert.equal(asked(), 'passwd 70001\n');
  });

  it('notices a change of the file', async () => {
    nameService('exit 2');
    const users = new UserNames(passwd);
    await users.learn([1000, 1001]);
    assert.equal(users.of(1001), '1001');
    writeFileSync(passwd, 'renamed:x:1000:1000::/:\nadded:x:1001:1001::/:\n');
    utimesSync(passwd, 1, 1);
    await users.learn([1000, 1001]);
    assert.deepEqual([users.of(1000), users.of(1001)], ['renamed', 'added']);
  });

  it('does without the file and without getent', async () => {
    process.env.PATH = folder;
    const users = new UserNames(join(folder, 'none'));
    await users.learn([1000]);
    assert.equal(users.of(1000), '1000');
  });
});
