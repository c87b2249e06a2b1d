// A recorder that is killed in the middle of its work, for real: this file is also the recorder.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../ts-worker/src/logs/write/clock.ts';
import { LinuxLogDirectory } from '../../../ts-worker/src/logs/write/linux-directory.ts';
import { LogSet } from '../../../ts-worker/src/logs/write/log-set.ts';
import { defaults, type LogSetOptions } from '../../../ts-worker/src/logs/write/options.ts';
import { keepAll } from '../../../ts-worker/src/logs/write/retention.ts';
import { readBytes } from './support/read.ts';
import { endpoint, row } from './support/recording.ts';

const options = (path: string): LogSetOptions => ({
  ...defaults,
  directory: new LinuxLogDirectory(path),
  clock: systemClock,
  processes: { read: async () => new Map() },
  look: async () => ({ rows: [], until: 0 }),
  machine: { computerName: 'TEST', operatingSystem: 'Linux' },
  newline: '\n',
  retention: keepAll,
});

const nothing = async () => ({ rows: [], until: Date.now() });

/** Records without end, and says after each turn how many records were handed over. */
async function record(path: string): Promise<never> {
  const set = await LogSet.open(options(path), nothing);
  for (let port = 1; ; ) {
    const changes = Array.from({ length: 500 }, () => {
      port = (port % 60_000) + 1;
      const about = { previousState: null, previousOwner: null, source: 'Kernel' } as const;
      return { ...row(endpoint(port)), ...about, kind: 'Appeared', time: Date.now() } as const;
    });
    set.accept(changes);
    await set.turn();
    process.stdout.write(`${set.health.records}\n`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function startRecorder(path: string) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, RECORD_TO: path, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text;
  });
  return { child, handedOver: () => Number(said.trimEnd().split('\n').at(-1)) };
}

const skip = process.platform === 'linux' ? false : 'the directory is that of Linux';

function test(): void {
  const path = mkdtempSync(join(tmpdir(), 'portreporter-killed-'));
  after(() => rmSync(path, { recursive: true }));
  const portsLogs = () => {
    const names = readdirSync(path).filter((name) => name.startsWith('PR-PORTS-'));
    return names.map((name) => readFileSync(join(path, name), 'utf8'));
  };

  describe('a recorder that is killed', { skip }, () => {
    it('loses nothing that was handed over, and the next one says what happened', async () => {
      const { child, handedOver } = startRecorder(path);
      while (!(handedOver() > 2000)) {
        assert.equal(child.exitCode, null);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await closed;
      const read = await Promise.all(portsLogs().map((text) => readBytes(text, {})));
      const [rows, bad] = [read.flatMap((each) => each.rows), read.flatMap((each) => each.bad)];
      assert.ok(rows.length >= handedOver(), `${rows.length} of ${handedOver()}`);
      assert.ok(bad.length <= 1);
      await new Promise((resolve) => setTimeout(resolve, 1000)); // a second has one set
      const next = await LogSet.open(options(path), nothing);
      await next.turn();
      await next.close('done');
      const told = /^# \S+ Interrupted - PR-PORTS-\S+ has no last line: the recorder was killed/m;
      assert.equal(portsLogs().filter((each) => told.test(each)).length, 1);
    });
  });
}

const recordTo = process.env.RECORD_TO;
if (recordTo === undefined) test();
else await record(recordTo);
