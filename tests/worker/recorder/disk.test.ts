// A real disk that becomes full, on a small file system of the test's own: the recorder goes on, says
// so, loses nothing that fits into its memory, and recovers.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Logs, RunningRecorder, until } from './support/recorder.ts';

const noMount =
  process.platform !== 'linux' || process.geteuid?.() !== 0
    ? 'mounting a small disk needs root on Linux'
    : false;

/** Listens on a new port and closes it: two records at the least. */
async function listenOnce(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => setTimeout(resolve, 60)); // longer than a poll
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('a recorder on a disk of 8 MB', { skip: noMount }, () => {
  const logs = new Logs();
  let recorder: RunningRecorder;
  const ballast = join(logs.path, 'ballast');
  before(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'tmpfs', logs.path]);
    const args = ['--max-total-size', 'All', '--source', 'Auto'];
    recorder = await RunningRecorder.start({ logs, args });
  });
  after(async () => {
    await recorder.kill('SIGKILL');
    execFileSync('umount', [logs.path]);
    logs.remove();
  });

  /** Takes all that is free, to the last byte. */
  const fill = () => {
    for (let size = 2 ** 23; size >= 1; size >>= 1) {
      try {
        writeFileSync(ballast, Buffer.alloc(size, 'x'), { flag: 'a' });
      } catch {
        // A smaller piece, then.
      }
    }
    return statfsSync(logs.path).bavail === 0;
  };

  const ports: number[] = [];
  const missing = async () => {
    const rows = await logs.records();
    const there = new Set(rows.map(({ LocalPort }) => LocalPort));
    return ports.filter((port) => !there.has(port));
  };

  it('goes on when it is full, and its status says so', async () => {
    for (let i = 0; i < 5; i++) ports.push(await listenOnce());
    await recorder.caughtUp();
    await until('a full disk', fill); // the recorder may just have given something back
    for (let i = 0; i < 200; i++) ports.push(await listenOnce());
    const trouble = /^The logs can't be written: ENOSPC: .* \d+ changes wait\.$/;
    await until('a status that tells of it', () => trouble.test(logs.health()?.trouble ?? ''));
    const { state, pid } = logs.health() ?? {};
    assert.deepEqual([state, pid], ['Degraded', recorder.pid]);
    // Once, and again where it could write a little in between; not at each half second.
    const words = recorder.said.match(/The logs can't be written: ENOSPC/g)?.length ?? 0;
    assert.ok(words >= 1 && words <= 4, `${words} times`);
  });

  it('loses nothing once there is room again', async () => {
    rmSync(ballast);
    await until('better times', () => logs.health()?.state === 'Running');
    ports.push(await listenOnce());
    await recorder.caughtUp();
    assert.deepEqual(await missing(), []);
    const { bad } = await logs.read('PR-PORTS');
    assert.deepEqual(bad, []);
    assert.equal(logs.health()?.missed, 0);
    await until('a word about it', () => /All is well again\./.test(recorder.said));
  });

  it('says that the directory is not safe any more, and recovers from that, too', async () => {
    chmodSync(logs.path, 0o777);
    const trouble = /status\.json can't be written: Logs can't be kept in .*others may write to it/;
    await until('a word about it', () => trouble.test(recorder.said));
    chmodSync(logs.path, 0o700);
    ports.push(await listenOnce());
    await recorder.caughtUp();
    assert.deepEqual(await missing(), []);
    assert.deepEqual(await recorder.kill(), { code: 0, signal: null });
  });
});
