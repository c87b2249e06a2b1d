// How a recorder is asked to stop, what it refuses to begin with, and what its exit code says.

import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Logs, pause, RunningRecorder, until } from './support/recorder.ts';

const skip = process.platform === 'linux' ? false : 'the directory is that of Linux';
const polling = ['--source', 'Polling'];

describe('a recorder', { skip }, () => {
  const made: Logs[] = [];
  const newLogs = () => {
    const logs = new Logs();
    made.push(logs);
    return logs;
  };
  after(() => {
    for (const logs of made) logs.remove();
  });

  const refused = async (logs: Logs, args: readonly string[] = []) => {
    const recorder = new RunningRecorder({ logs, args });
    const { code } = await recorder.ended();
    return { code, said: recorder.said.replace(/^\S+Z /, '') };
  };

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    it(`stops at ${signal}`, async () => {
      const logs = newLogs();
      const recorder = await RunningRecorder.start({ logs, args: polling });
      assert.deepEqual(await recorder.kill(signal), { code: 0, signal: null });
      const end = new RegExp(`^End \\d+ asked to by ${signal}$`);
      assert.match(logs.status().at(-1) ?? '', end);
    });
  }

  it('stops at the end of a pipe on its standard input', async () => {
    const logs = newLogs();
    const recorder = await RunningRecorder.start({ logs, args: polling, stdin: 'pipe' });
    recorder.process.stdin?.end();
    assert.deepEqual(await recorder.ended(), { code: 0, signal: null });
    assert.match(logs.status().at(-1) ?? '', /^End \d+ standard input has ended$/);
  });

  it('does not say that it records where it is stopped before it does', async () => {
    const recorder = new RunningRecorder({ logs: newLogs(), args: polling, stdin: 'pipe' });
    recorder.process.stdin?.end();
    assert.deepEqual(await recorder.ended(), { code: 0, signal: null });
    assert.doesNotMatch(recorder.said, /Recording by null/);
  });

  it('goes on where standard input is /dev/null', async () => {
    const recorder = await RunningRecorder.start({ logs: newLogs(), args: polling });
    await pause(500);
    assert.equal(recorder.process.exitCode, null);
    await recorder.kill();
  });

  it('says which source it uses, and why not a better one', async () => {
    const logs = newLogs();
    const recorder = await RunningRecorder.start({ logs, args: polling });
    assert.match(recorder.said, /Recording by Polling to '.*'; polling was asked for\.\n$/);
    await recorder.kill();
  });

  it('refuses a directory in which another records, and leaves its status alone', async () => {
    const logs = newLogs();
    const recorder = await RunningRecorder.start({ logs, args: polling });
    const { code, said } = await refused(logs, polling);
    assert.equal(code, 75);
    const expected = `PR_LOG_DIRECTORY_BUSY: Another recorder (process ${recorder.pid}) writes to `;
    assert.ok(said.startsWith(expected), said);
    assert.equal(logs.health()?.pid, recorder.pid);
    await recorder.kill();
  });

  it('refuses a directory that others may write to', async () => {
    const logs = newLogs();
    chmodSync(logs.path, 0o777);
    const { code, said } = await refused(logs);
    assert.equal(code, 77);
    assert.match(said, /^PR_LOG_DIRECTORY_UNSAFE: .*chmod go-w/);
    assert.deepEqual(readdirSync(logs.path), []);
  });

  it('writes no status through a link', async () => {
    const logs = newLogs();
    const victim = join(logs.path, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, join(logs.path, 'status.json'));
    symlinkSync(victim, join(logs.path, '.status.json-next'));
    const recorder = await RunningRecorder.start({ logs, args: polling });
    await recorder.kill();
    assert.equal(readFileSync(victim, 'utf8'), 'mine');
    assert.equal(logs.health()?.state, 'Stopped');
  });

  it('makes its directory, but not what leads to it', async () => {
    const parent = newLogs();
    const logs = new Logs(join(parent.path, 'logs'));
    const recorder = await RunningRecorder.start({ logs, args: polling });
    await recorder.kill();
    assert.equal(logs.names('PR-INITIAL').length, 1);
    const { code, said } = await refused(new Logs(join(parent.path, 'no', 'such')));
    assert.deepEqual([code, said.split(':')[0]], [74, 'PR_LOG_UNWRITABLE']);
  });

  it('takes settings from a file, and what the arguments say before it', async () => {
    const logs = newLogs();
    const file = join(newLogs().path, 'settings.json');
    const settings = { logFormat: 'Legacy', source: 'Kernel', install: { version: '1' } };
    writeFileSync(file, JSON.stringify(settings));
    const recorder = await RunningRecorder.start({ logs, args: ['--settings', file, ...polling] });
    await recorder.kill();
    assert.equal(logs.names('PR-STATUS').length, 1);
  });

  const wrong: readonly (readonly [string, number, RegExp, readonly string[]])[] = [
    ['an unknown argument', 64, /^PR_USAGE: .*--dance.* record --help/s, ['--dance', '1']],
    [
      'a wrong value',
      78,
      /^PR_SETTINGS_INVALID: --retention-days is .*"0"\./,
      ['--retention-days', '0'],
    ],
    ['half an argument', 64, /^PR_USAGE: .*missing\. portreporter-worker/, ['--settings']],
    ['no such file', 78, /^PR_SETTINGS_UNREADABLE: .*ENOENT/, ['--settings', '/no/such/file']],
  ];
  for (const [what, exitCode, message, args] of wrong) {
    it(`refuses ${what}`, async () => {
      const logs = newLogs();
      const { code, said } = await refused(logs, args);
      assert.equal(code, exitCode);
      assert.match(said, message);
      assert.deepEqual(readdirSync(logs.path), []);
    });
  }

  it('goes on in a directory that was removed, and takes its lock anew', async () => {
    const logs = newLogs();
    chmodSync(logs.path, 0o2750);
    const recorder = await RunningRecorder.start({ logs, args: polling });
    logs.remove();
    await until(
      'a new set',
      () => logs.health()?.state === 'Running' && logs.names('PR-PORTS').length > 0,
    );
    const { code } = await refused(logs, polling);
    assert.equal(code, 75);
    mkdirSync(join(logs.path, 'kept'));
    assert.deepEqual(await recorder.kill(), { code: 0, signal: null });
    assert.ok(logs.status().some((line) => /^Begin - .*vanished/.test(line)));
  });
});
