// A step that fails takes back what was done before it, whichever step it is: of a first install, and
// of an upgrade with new settings while the recorder runs.

import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Machine, moduleFolder, place } from './machine.ts';

const root = process.env.PORTREPORTER_ROOT ?? process.cwd();
const script = '/usr/local/lib/fail-at.mjs';
let machine: Machine;

before(async () => {
  machine = await Machine.start();
  const built = join(root, '.cache/systemd/tests/systemd/fail-at.mjs');
  place(machine, script, readFileSync(built, 'utf8'));
  // It loads koffi from beside it, as a bundle does.
  await machine.must('ln', '-s', `${moduleFolder}/node_modules`, '/usr/local/lib/node_modules');
});

after(() => machine.close());

async function install(at: number | 'count', settings = {}) {
  const said = await machine.must(
    ...['node', script, moduleFolder, String(at), JSON.stringify(settings)],
  );
  return JSON.parse(said);
}

/** Every step but those that only clean up behind a finished install. */
async function stepsOf(settings = {}): Promise<string[]> {
  const { steps } = await install('count', settings);
  return steps.filter((each: string) => !/^Remove/.test(each));
}

const state = (): Promise<string> =>
  machine.must('systemctl', 'show', 'portreporter', '-pLoadState,ActiveState,UnitFileState');

test('a first install, failing at each step, leaves nothing', async () => {
  const [untouched, service] = [machine.changes(), await state()];
  const steps = await stepsOf();
  assert.equal(steps.length, 8);
  for (const [i, description] of steps.entries()) {
    const { code, message } = await install(i);
    assert.equal(code, 'PR_STEP_FAILED');
    const expected = `The step "${description}" failed: .*this step was made to fail`;
    assert.match(message, new RegExp(expected.replaceAll(/[()]/g, '\\$&')));
    assert.match(message, /What was done before it was taken back\.$/);
    assert.deepEqual(machine.changes(), untouched, description);
    assert.equal(await state(), service, description);
  }
});

test('a recorder that does not start leaves nothing either, and the message has its reason', async () => {
  const folder = '/etc/systemd/system/portreporter.service.d';
  await machine.must('mkdir', folder);
  place(machine, `${folder}/bad.conf`, '[Service]\nExecStartPre=/bin/false\n', 0o644);
  const untouched = machine.changes();
  const { output } = await machine.powershell('Install-PortReporter -AutoStart');
  assert.match(output, /^PR_STEP_FAILED,.*"Start the recorder.*failed: systemctl start/m);
  assert.deepEqual(machine.changes(), untouched);
  await machine.must('rm', '-r', folder);
});

test('an upgrade, failing at each step, leaves the old one running', async () => {
  await machine.mustPowershell('Install-PortReporter -AutoStart');
  const worker = machine.pathOf(`${moduleFolder}/ts-worker/dist/portreporter-worker.cjs`);
  appendFileSync(worker, '\n// another version\n');
  const settings = { retentionDays: 7 };
  const programs = (): [string, string][] =>
    [...machine.changes()].filter(([path]) => !path.startsWith('/var/log/portreporter'));
  const [before, service] = [programs(), await state()];
  const steps = await stepsOf(settings);
  assert.equal(steps.length, 5, 'copy, stop, settings, unit, start');
  for (const [i, description] of steps.entries()) {
    const { code, message } = await install(i, settings);
    assert.equal(code, 'PR_STEP_FAILED', message);
    assert.deepEqual(programs(), before, description);
    assert.equal(await state(), service, description);
  }
  assert.deepEqual(await install(-1, settings), { done: true });
  const releases = readdirSync(machine.pathOf('/opt/portreporter/releases'));
  assert.equal(releases.length, 1);
  assert.ok(!before.some(([path]) => path.endsWith(releases[0] ?? '')), 'the new one');
});

test('of two at once one is refused, and the other is as if it were alone', async () => {
  const days = [5, 6];
  const commands = days.map((each) => `Install-PortReporter -RetentionDays ${each}`);
  const outcomes = await Promise.all(commands.map((each) => machine.powershell(each)));
  const refused = outcomes.filter(({ code }) => code !== 0);
  for (const { output } of refused) assert.match(output, /^PR_SERVICE_BUSY,.*is under way/m);
  assert.ok(refused.length < 2, 'one at least is done');
  const { ActiveState } = Object.fromEntries((await state()).split('\n').map((l) => l.split('=')));
  assert.equal(ActiveState, 'active');
});

test('Ctrl+C takes back what was done', async () => {
  await machine.mustPowershell('Uninstall-PortReporter -RemoveLogs -Confirm:$false');
  place(machine, '/usr/local/lib/cancel.mjs', cancelAfterFirstStep);
  const untouched = machine.changes();
  const said = await machine.must('node', '/usr/local/lib/cancel.mjs', moduleFolder);
  assert.match(said, /"verbose":"Make the directory.*"cancelled":true/s);
  assert.deepEqual(machine.changes(), untouched);
});

const cancelAfterFirstStep = `
import { spawn } from 'node:child_process';
const worker = process.argv[2] + '/ts-worker/dist/portreporter-worker.cjs';
const child = spawn(process.execPath, [worker, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
child.stdin.write('{"id":1,"method":"service.install","params":{"autoStart":true}}\\n');
child.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  if (/"verbose"/.test(chunk)) child.stdin.write('{"cancel":1}\\n');
  if (/"(end|error)":/.test(chunk)) child.stdin.end();
});
`;
