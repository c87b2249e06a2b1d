// The life of the service: what an administrator does with it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Machine, moduleFolder, place } from './machine.ts';
import { logs, Recorder } from './recorder.ts';
import { until } from './until.ts';

const asNobody = { user: 65534, env: { HOME: '/tmp' } };
let machine: Machine;
let recorder: Recorder;
let untouched: ReadonlyMap<string, string>;

before(async () => {
  machine = await Machine.start();
  recorder = new Recorder(machine);
  untouched = machine.changes();
});

after(() => machine.close());

const unitFiles = (): Promise<string> => machine.must('systemctl', 'list-unit-files', '--no-pager');

const installed = (): string[] =>
  [...machine.changes().keys()].filter((each) => !untouched.has(each));

test('-WhatIf tells every step and changes nothing', async () => {
  const before = await unitFiles();
  const said = await machine.mustPowershell('Install-PortReporter -AutoStart -WhatIf');
  assert.equal(said.match(/^What if: /gm)?.length, 8, said);
  assert.deepEqual(machine.changes(), untouched);
  assert.equal(await unitFiles(), before);
});

test('there is nothing to be started, stopped or uninstalled yet', async () => {
  for (const verb of ['Start', 'Stop', 'Uninstall']) {
    const { code, output } = await machine.powershell(`${verb}-PortReporter -Confirm:$false`);
    assert.match(output, /^PR_NOT_INSTALLED,.*Install-PortReporter -AutoStart/m);
    assert.equal(code, 1);
  }
  assert.match(await machine.mustPowershell('(Get-PortReporter).State'), /NotInstalled/);
});

test('Install-PortReporter -AutoStart: it runs, by kernel events, when the command returns', async () => {
  await machine.mustPowershell('Install-PortReporter -AutoStart');
  assert.equal(await recorder.show('ActiveState'), 'active');
  assert.equal(await recorder.show('UnitFileState'), 'enabled');
  assert.equal(recorder.logNames('PR-INITIAL').length, 1, 'ready means that PR-INITIAL is written');
  const health = JSON.parse(readFileSync(machine.pathOf(`${logs}/status.json`), 'utf8'));
  assert.deepEqual([health.state, health.source, health.trouble], ['Running', 'Kernel', null]);
  assert.equal(health.pid, await recorder.mainPid());
});

test('Get-PortReporter tells the same', async () => {
  const told = await machine.mustPowershell(
    '$r = Get-PortReporter; $r.State, $r.StartType, $r.Source, $r.ProcessId, $r.Problem, ' +
      '$r.LogDirectory, $r.ModuleVersion, $r.WorkerVersion, ($null -ne $r.Since) -join ","',
  );
  const pid = await recorder.mainPid();
  assert.match(
    told,
    new RegExp(`^Running,Automatic,Kernel,${pid},,${logs},0\\.1\\.0,0\\.1\\.0,True`),
  );
});

test('the sandbox is tight, and the journal has no complaint about the unit', async () => {
  const said = await machine.must('systemd-analyze', 'security', 'portreporter', '--no-pager');
  const score = Number(/exposure level for .*: ([\d.]+)/.exec(said)?.[1]);
  assert.ok(score <= 2.2, `the exposure is ${score}`);
  const status = await machine.must('cat', `/proc/${await recorder.mainPid()}/status`);
  // BPF, PERFMON, NET_ADMIN, SYS_PTRACE, DAC_READ_SEARCH (linux/capability.h).
  assert.match(status, /^CapEff:\s*000000c000081004$/m);
  const complaints = await machine.must(
    'systemd-analyze',
    'verify',
    '/etc/systemd/system/portreporter.service',
  );
  assert.doesNotMatch(complaints, /portreporter\.service:/);
});

test('short connections are in the logs with the process that made them', async () => {
  place(machine, '/usr/local/bin/connect-often', connectOften);
  const { port, pids } = JSON.parse(await machine.must('node', '/usr/local/bin/connect-often'));
  assert.equal(pids.length, 40);
  // The kernel tells of this machine's other namespaces, too, and their ports may have that number.
  const own = '-Kind PR-PORTS -Namespace default -Change Appeared';
  const command = `Import-PRLog ${own} -RemotePort ${port}`;
  const seen = await until('all are in PR-PORTS', async () => {
    const told = await machine.mustPowershell(
      // A gap comes whatever is asked for, and a busy machine may have one.
      `(${command}).Where({ $_.Change -eq 'Appeared' }).ForEach({ ` +
        "'{0} {1} {2}' -f $_.OwningProcess, $_.ProcessName, $_.User })",
    );
    const lines = told
      .trim()
      .split(/\r?\n/)
      .filter((line) => line !== '');
    return lines.length >= pids.length && lines;
  });
  const expected = pids.map((pid: number) => `${pid} bash root`);
  assert.deepEqual(seen.sort(), expected.sort(), 'each once, and nobody else');
});

const connectOften = `
const { execFileSync } = require('node:child_process');
const { createServer } = require('node:net');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
if (isMainThread) {
  new Worker(__filename).once('message', (port) => {
    const script = 'exec 3<>/dev/tcp/127.0.0.1/' + port + '; echo $$';
    const pids = Array.from({ length: 40 }, () => Number(execFileSync('bash', ['-c', script])));
    console.log(JSON.stringify({ port, pids }));
    process.exit();
  });
} else {
  const server = createServer((socket) => socket.on('error', () => {}).destroy());
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
}
`;

test('a second install does nothing', async () => {
  const [pid, changes] = [await recorder.mainPid(), machine.changes()];
  await machine.mustPowershell('Install-PortReporter -AutoStart');
  assert.equal(await recorder.mainPid(), pid);
  const programs = (all: ReadonlyMap<string, string>) =>
    [...all].filter(([path]) => !path.startsWith(logs));
  assert.deepEqual(programs(machine.changes()), programs(changes));
});

test('installing again with other settings changes those, and keeps the rest', async () => {
  await machine.mustPowershell('Install-PortReporter -RetentionDays 90');
  await machine.mustPowershell('Install-PortReporter -MaxLogSize 6MB');
  const file = machine.pathOf('/opt/portreporter/settings.json');
  const settings = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual([settings.retentionDays, settings.maxLogSize], [90, 6 * 2 ** 20]);
  assert.equal(await recorder.show('UnitFileState'), 'enabled');
  assert.equal(await recorder.show('ActiveState'), 'active');
  const { output } = await machine.powershell('Install-PortReporter -RetentionDays none');
  assert.match(output, /^PR_SETTINGS_INVALID,.*-RetentionDays is a whole number of days/m);
});

test('an upgrade names a new release, keeps settings and logs, and removes the old one', async () => {
  const releases = (): string[] => readdirSync(machine.pathOf('/opt/portreporter/releases'));
  const [former, initial, pid] = [
    releases(),
    recorder.logNames('PR-INITIAL'),
    await recorder.mainPid(),
  ];
  const worker = machine.pathOf(`${moduleFolder}/ts-worker/dist/portreporter-worker.cjs`);
  const text = readFileSync(worker, 'utf8');
  writeFileSync(worker, `${text}\n// another version\n`);
  await machine.mustPowershell('Install-PortReporter');
  assert.equal(releases().length, 1);
  assert.notDeepEqual(releases(), former);
  assert.notEqual(await recorder.mainPid(), pid);
  const kept = JSON.parse(readFileSync(machine.pathOf('/opt/portreporter/settings.json'), 'utf8'));
  assert.equal(kept.retentionDays, 90);
  for (const name of initial) assert.ok(recorder.logNames('PR-INITIAL').includes(name));
  writeFileSync(worker, text);
});

test('Stop- and Start-PortReporter, twice each', async () => {
  const ends = recorder.timesSaid('End N asked to by SIGTERM');
  await machine.mustPowershell('Stop-PortReporter; Stop-PortReporter');
  const told = await machine.mustPowershell('$r = Get-PortReporter; $r.State, $r.Problem');
  assert.match(told, /^Stopped\s+It is stopped, though it starts at boot\. Start-PortReporter/);
  assert.equal(recorder.timesSaid('End N asked to by SIGTERM'), ends + 1);
  await machine.mustPowershell('Start-PortReporter; Start-PortReporter');
  assert.equal(await recorder.show('ActiveState'), 'active');
});

test('without elevation Get-PortReporter tells what it may, and nothing else works', async () => {
  const told = await machine.powershell('$r = Get-PortReporter; $r.State, $r.Problem', asNobody);
  assert.match(told.output, /^Running\s+'.*status\.json' can only be read by an administrator\./m);
  for (const command of ['Install', 'Uninstall', 'Start', 'Stop']) {
    const line = `${command}-PortReporter -Confirm:$false`;
    const { output } = await machine.powershell(line, asNobody);
    assert.match(output, /^PR_NOT_ELEVATED,.*sudo pwsh/m);
  }
});

test('-AutoStart:$false takes the start at boot away', async () => {
  await machine.mustPowershell('Install-PortReporter -AutoStart:$false');
  assert.equal(await recorder.show('UnitFileState'), 'disabled');
  await machine.mustPowershell('Install-PortReporter -AutoStart');
  assert.equal(await recorder.show('UnitFileState'), 'enabled');
});

test('it can be moved to another directory', async () => {
  await machine.mustPowershell('Install-PortReporter -Path /opt/some` where/100%`$x');
  assert.equal(await recorder.show('ActiveState'), 'active');
  assert.ok(!installed().some((each) => each.startsWith('/opt/portreporter')));
  const settings = machine.pathOf('/opt/some where/100%$x/settings.json');
  assert.equal(JSON.parse(readFileSync(settings, 'utf8')).retentionDays, 90);
  await machine.mustPowershell('Install-PortReporter -Path /opt/portreporter');
  assert.equal(await recorder.show('ActiveState'), 'active');
});

test('Uninstall-PortReporter -WhatIf changes nothing', async () => {
  const [files, pid, programs] = [await unitFiles(), await recorder.mainPid(), installed()];
  await machine.mustPowershell('Uninstall-PortReporter -RemoveLogs -WhatIf');
  assert.deepEqual(
    installed().filter((each) => !each.startsWith(logs)),
    programs.filter((each) => !each.startsWith(logs)),
  );
  assert.deepEqual([await unitFiles(), await recorder.mainPid()], [files, pid]);
});

test('Uninstall-PortReporter leaves the logs and nothing else', async () => {
  await machine.mustPowershell('Uninstall-PortReporter -Confirm:$false');
  const left = installed().filter((each) => each !== '/usr/local/bin/connect-often');
  assert.deepEqual(
    left.filter((each) => !/^\/var\/log\/portreporter(\/PR-.*\.log)?$/.test(each)),
    [],
  );
  assert.ok(left.length > 3);
  assert.doesNotMatch(await unitFiles(), /portreporter/);
});

test('with -RemoveLogs those too, but not what others keep beside them', async () => {
  place(machine, '/var/log/notes.txt', 'mine', 0o600);
  await machine.mustPowershell('Install-PortReporter -AutoStart');
  const genuine = readFileSync(
    `${process.env.PORTREPORTER_ROOT}/tests/samples/logs/PR-PORTS-05-07-6-13-44-4.txt`,
  );
  const kept = `${logs}/PR-PORTS-05-07-6-13-44-4.log`;
  writeFileSync(machine.pathOf(kept), genuine);
  await machine.mustPowershell('Uninstall-PortReporter -RemoveLogs -Confirm:$false');
  const left = installed().filter((each) => each.startsWith(logs) || each.startsWith('/opt'));
  assert.deepEqual(left.sort(), [logs, kept]);
  await machine.must('rm', '-r', logs, '/var/log/notes.txt', '/usr/local/bin/connect-often');
  assert.deepEqual(machine.changes(), untouched);
});

test("a directory that systemd can't run programs from is refused at once", async () => {
  const { output } = await machine.powershell(`Install-PortReporter -Path "/opt/port's" -WhatIf`);
  assert.match(output, /^PR_SETTINGS_INVALID,.*has a quote/m);
});

test('uninstalled with -RemoveLogs, nothing is left at all', async () => {
  await machine.mustPowershell(
    'Install-PortReporter -AutoStart; Uninstall-PortReporter -RemoveLogs -Confirm:$false',
  );
  assert.deepEqual(machine.changes(), untouched);
});
