// What Get-PortReporter says of each state that service manager and status can be in together.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readHealth } from '../../../ts-worker/src/service/health.ts';
import type { ServiceState } from '../../../ts-worker/src/service/source.ts';
import type { RecorderStatus } from '../../../ts-worker/src/settings/status.ts';
import { FakeMachine, stopped } from './support/machine.ts';

const now = Date.parse('2026-07-06T12:00:00Z');
let folder: string;
let machine: FakeMachine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portreporter-health-'));
  machine = new FakeMachine(folder);
  mkdirSync(machine.defaultLogDirectory);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const status: RecorderStatus = {
  schema: 1,
  state: 'Running',
  trouble: null,
  version: '0.1.0',
  node: 'v20.20.2',
  pid: 4711,
  processStarted: null,
  since: '2026-07-06T11:00:00Z',
  updated: '2026-07-06T11:59:55Z',
  source: 'Kernel',
  whyNotBetter: null,
  logDirectory: '',
  files: [],
  records: 12,
  gaps: 0,
  missed: 0,
  waiting: 0,
  endpoints: 3,
  memory: 0,
};

function given(service: Partial<ServiceState>, written: Partial<RecorderStatus> | null): void {
  machine.state = { ...stopped, ...service };
  if (written === null) return;
  const file = join(machine.defaultLogDirectory, 'status.json');
  writeFileSync(file, JSON.stringify({ ...status, ...written }));
}

const problem = async (): Promise<string | null> => (await readHealth(machine, now)).problem;
const running = { state: 'Running', pid: 4711 } as const;

test('nothing is installed', async () => {
  assert.match((await problem()) ?? '', /^It is not installed\. Install-PortReporter -AutoStart/);
});

test('all is well', async () => {
  given(running, {});
  assert.equal(await problem(), null);
});

test('stopped by hand is no problem, stopped though it starts at boot is', async () => {
  given({}, { state: 'Stopped' });
  assert.equal(await problem(), null);
  given({ startType: 'Automatic' }, {});
  assert.match((await problem()) ?? '', /stopped, though it starts at boot\. Start-PortReporter/);
});

test('no sign of life for more than half a minute', async () => {
  given(running, { updated: '2026-07-06T11:58:00Z' });
  assert.equal(await problem(), "Its last sign of life is 120 s old: it hangs, or can't write.");
});

test('it says itself what is wrong', async () => {
  given(running, { state: 'Degraded', trouble: 'The disk is full.' });
  assert.equal(await problem(), 'The disk is full.');
});

test('it failed, with the reason', async () => {
  given({ state: 'Failed', problem: 'it ended with exit code 3' }, {});
  assert.match((await problem()) ?? '', /failed: it ended with exit code 3\. The service manager/);
});

test('it runs and has not written a status yet, or what is there is none', async () => {
  given(running, null);
  assert.equal(await problem(), 'It runs, but has not written its status.');
  writeFileSync(join(machine.defaultLogDirectory, 'status.json'), '{"schema":9}');
  assert.equal(await problem(), 'It runs, but has not written its status.');
});

test('the service manager does not answer', async () => {
  given({ state: 'Unknown', startType: null, problem: "systemd can't be asked: no bus." }, {});
  assert.equal(await problem(), "systemd can't be asked: no bus.");
});
