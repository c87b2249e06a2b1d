// A recorder that is killed again and again, at any moment, while traffic runs: whatever it counted as
// written is in the log, no more than the last line is torn, and the next one says so.

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, describe, it } from 'node:test';
import { Logs, pause, RunningRecorder, until } from './support/recorder.ts';

const kills = 8;

/** Connections one after the other, until it is told to end. */
function traffic() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  let isOver = false;
  const connectOnce = (port: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1').resume();
      socket.once('close', () => resolve()).once('error', () => resolve());
      socket.once('connect', () => socket.resetAndDestroy()); // nothing waits for a minute
    });
  const work = new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', async () => {
      const address = server.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      while (!isOver) {
        await Promise.all(Array.from({ length: 4 }, () => connectOnce(port)));
        await pause(5);
      }
      server.close(() => resolve());
    });
  });
  return () => {
    isOver = true;
    return work;
  };
}

const skip = process.platform === 'linux' ? false : 'signals are those of Linux';

describe('a recorder that is killed while traffic runs', { skip }, () => {
  const logs = new Logs();
  after(() => logs.remove());

  it(`${kills} times leaves whole logs, and each next one tells of it`, async () => {
    const end = traffic();
    try {
      for (let kill = 0; kill < kills; kill++) {
        const recorder = await RunningRecorder.start({ logs });
        await pause(Math.random() * 1500);
        assert.deepEqual(await recorder.kill('SIGKILL'), { code: null, signal: 'SIGKILL' });
        const { rows, bad } = await logs.read('PR-PORTS', logs.names('PR-PORTS').slice(-1));
        const told = logs.health();
        assert.equal(told?.pid, recorder.pid);
        assert.ok(rows.length >= told.records, `${rows.length} of ${told.records}`);
        assert.ok(bad.length <= 1, JSON.stringify(bad));
      }
      const last = await RunningRecorder.start({ logs });
      await until('the last words', () => logs.health()?.state === 'Running');
      assert.deepEqual(await last.kill(), { code: 0, signal: null });
    } finally {
      await end();
    }
    const told = logs.status().filter((line) => line.startsWith('Interrupted'));
    assert.equal(told.length, kills, told.join('\n'));
    const torn = logs.status().filter((line) => line.startsWith('Torn'));
    const { bad } = await logs.read('PR-PORTS');
    assert.ok(bad.length <= torn.length, JSON.stringify(bad));
    assert.ok((await logs.records()).length > 50);
  });
});
