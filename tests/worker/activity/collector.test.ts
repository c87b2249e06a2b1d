// What a watch asks of V8 is taken back, also where the watch can't begin.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import v8 from 'node:v8';
import { startActivity } from '../../../ts-worker/src/activity/platform.ts';
import { createEndpointReader } from '../../../ts-worker/src/endpoints/platform.ts';
import { createProcessReader } from '../../../ts-worker/src/processes/platform.ts';
import { Snapshots } from '../../../ts-worker/src/snapshot/snapshot.ts';

const skip = process.platform !== 'linux' && 'kernel events are those of Linux';

const options = { interval: 50, watchedProcesses: new Set<number>() };
const listener = { ready: async () => {}, changes() {}, note() {}, failed() {} };

const refusal = `
require('node:worker_threads').parentPort.postMessage({ kind: 'refused', reason: 'no' });`;
const silence = `
const { parentPort } = require('node:worker_threads');
parentPort.postMessage({ kind: 'opened', programs: [] });
parentPort.on('message', () => process.exit());`;

describe('how garbage is collected', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'collector-'));
  const said: string[] = [];

  before(() => {
    mock.method(v8, 'setFlagsFromString', (flag: string) => said.push(flag));
    syncBuiltinESMExports();
  });

  after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
    rmSync(folder, { recursive: true });
  });

  const watch = async (name: string, program: string) => {
    const file = join(folder, name);
    writeFileSync(file, program);
    const endpoints = await createEndpointReader();
    const processes = await createProcessReader();
    const snapshots = new Snapshots(endpoints, processes);
    const tools = { snapshots, processes, capture: { file } };
    try {
      const { source } = await startActivity('Kernel', tools, options, listener);
      await source.stop();
    } finally {
      endpoints.close();
    }
  };

  it('stays as it was where the capture is refused', async () => {
    await assert.rejects(watch('refused.cjs', refusal), { code: 'PR_SOURCE_UNAVAILABLE' });
    assert.deepEqual(said.splice(0), []);
  });

  it('is as it was again when the watch is over', async () => {
    await watch('silent.cjs', silence);
    assert.deepEqual(said.splice(0), ['--no-parallel-scavenge', '--parallel-scavenge']);
  });
});
