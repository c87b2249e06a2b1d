// The policy of installs over a machine that only remembers: which steps, in which order, and none
// where nothing is to be done. (tests/systemd does it all for real.)

import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { PortReporterError } from '../../../ts-worker/src/model/error.ts';
import { type InstallRequest, planInstall } from '../../../ts-worker/src/service/install.ts';
import { ownModule } from '../../../ts-worker/src/service/release.ts';
import { runSteps } from '../../../ts-worker/src/service/step.ts';
import { planUninstall } from '../../../ts-worker/src/service/uninstall.ts';
import { FakeMachine } from './support/machine.ts';

const request: InstallRequest = {
  directory: null,
  nodePath: null,
  force: false,
  autoStart: null,
  settings: {},
};

let folder: string;
let machine: FakeMachine;
let worker: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portreporter-install-'));
  machine = new FakeMachine(folder);
  worker = join(folder, 'module/ts-worker/dist/portreporter-worker.cjs');
  mkdirSync(join(worker, '..'), { recursive: true });
  writeFileSync(worker, 'process.stdout.write("0.1.0")\n');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plan = (given: Partial<InstallRequest> = {}) =>
  planInstall(machine, ownModule(worker, []), { ...request, ...given });

async function install(given: Partial<InstallRequest> = {}): Promise<string[]> {
  const { steps } = await plan(given);
  await runSteps(steps, async () => {});
  return steps.map(({ description }) => description.replace(/ .*/, ''));
}

test('a first install makes, copies, writes, registers, and starts only where asked to', async () => {
  assert.deepEqual(await install(), ['Make', 'Make', 'Make', 'Copy', 'Write', 'Register']);
  assert.deepEqual(machine.asked, []);
  assert.deepEqual(await install({ autoStart: true }), ['Start']);
  assert.deepEqual(await install({ autoStart: true }), []);
});

test('new settings: stopped, written, started; the rest of them is kept', async () => {
  await install({ autoStart: true, settings: { retentionDays: 7 } });
  const steps = await install({ settings: { logFormat: 'Legacy' } });
  assert.deepEqual(steps, ['Stop', 'Write', 'Start']);
  const text = readFileSync(join(machine.defaultDirectory, 'settings.json'), 'utf8');
  const { retentionDays, logFormat, logDirectory } = JSON.parse(text);
  assert.deepEqual(
    [retentionDays, logFormat, logDirectory],
    [7, 'Legacy', machine.defaultLogDirectory],
  );
});

test('an upgrade removes the old release, after the new one runs', async () => {
  await install({ autoStart: true });
  appendFileSync(worker, '// newer\n');
  assert.deepEqual(await install(), ['Copy', 'Stop', 'Register', 'Start', 'Remove']);
  assert.equal(readdirSync(join(machine.defaultDirectory, 'releases')).length, 1);
});

test('a copy that was damaged is made anew', async () => {
  await install();
  const releases = join(machine.defaultDirectory, 'releases');
  const [name = ''] = readdirSync(releases);
  writeFileSync(join(releases, name, 'portreporter-worker.cjs'), 'damaged');
  assert.deepEqual(await install(), ['Copy']);
  const copy = readFileSync(join(releases, name, 'portreporter-worker.cjs'), 'utf8');
  assert.equal(copy, readFileSync(worker, 'utf8'));
});

test('a worker that the copied Node does not run fails the install, not the next boot', async () => {
  writeFileSync(worker, 'throw new Error("it is broken")\n');
  await assert.rejects(install(), /do not run together: .*it is broken/);
  assert.ok(!existsSync(machine.defaultDirectory));
});

test('programs and logs do not share a directory', async () => {
  const shared = join(folder, 'shared');
  const given = { directory: shared, settings: { logDirectory: shared } };
  await assert.rejects(plan(given), /Programs and logs can't share/);
});

test('an unsafe source is refused; -Force takes it, but no Node that was merely found', async () => {
  const unsafe = new Set([worker]);
  machine.assertTrusted = async (path) => {
    if (!unsafe.has(path)) return path;
    throw new PortReporterError('PR_PATH_UNSAFE', `'${path}' is open to all.`);
  };
  await assert.rejects(plan(), /is open to all/);
  const { warnings } = await plan({ force: true });
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0] ?? '',
    /is open to all\. It was accepted \(-Force\); its SHA-256 is \w{64}/,
  );
  unsafe.add(process.execPath);
  await assert.rejects(plan({ force: true }), /is open to all/);
  const named = await plan({ force: true, nodePath: process.execPath });
  assert.equal(named.warnings.length, 2);
});

test('moved to another directory, the first one is left empty and goes', async () => {
  await install({ autoStart: true });
  const steps = await install({ directory: join(folder, 'elsewhere') });
  assert.deepEqual(steps.slice(-2), ['Remove', 'Remove']);
  assert.ok(!existsSync(machine.defaultDirectory));
  assert.equal(machine.state?.state, 'Running');
});

test('an uninstall removes programs and settings, and leaves what is not ours', async () => {
  await install();
  const stranger = join(machine.defaultDirectory, 'note.txt');
  writeFileSync(stranger, 'mine');
  writeFileSync(join(machine.defaultLogDirectory, 'PR-PORTS-26-01-1-1-1-1.log'), '');
  await runSteps(await planUninstall(machine, false), async () => {});
  assert.deepEqual(readdirSync(machine.defaultDirectory), ['note.txt']);
  assert.deepEqual(readdirSync(machine.defaultLogDirectory), ['PR-PORTS-26-01-1-1-1-1.log']);
});

test('-RemoveLogs removes the log directory, too, that an earlier install made', async () => {
  await install();
  writeFileSync(join(machine.defaultLogDirectory, 'PR-PORTS-26-01-1-1-1-1.log'), '');
  await runSteps(await planUninstall(machine, false), async () => {});
  await install();
  await runSteps(await planUninstall(machine, true), async () => {});
  assert.ok(!existsSync(machine.defaultLogDirectory));
});

test('what is not installed can not be uninstalled', async () => {
  await assert.rejects(planUninstall(machine, false), /is not installed/);
});
