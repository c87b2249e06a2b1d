// The service from beginning to end: installed by the real cmdlets, run by Wine's service control
// manager, recording, killed, stopped, there again after a power failure, and taken off.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { stopWine, wineFolders } from '../wine.ts';
import { Machine, until } from './machine.ts';
import { stage } from './stage.ts';

const root = process.env.PORTREPORTER_ROOT ?? '.';
const folders = wineFolders(root);
const directory = 'C:\\Program Files\\PortReporter';
const logs = 'C:\\windows\\system32\\LogFiles';
const logDirectory = `${logs}\\PortReporter`;
let machine: Machine;

before(async () => {
  const staged = await stage(root, folders);
  stopWine(folders.prefix);
  machine = new Machine(folders, staged);
  await machine.boot();
});

after(() => machine.powerOff());

interface Status {
  readonly state: string;
  readonly pid: number;
  readonly updated: string;
}

function readStatus(): Status | null {
  try {
    return JSON.parse(readFileSync(machine.pathOf(`${logDirectory}\\status.json`), 'utf8'));
  } catch {
    return null; // not there, or just being replaced
  }
}

const runningAgain = (formerPid: number) =>
  until('the recorder runs', () => {
    const status = readStatus();
    return status?.state === 'Running' && status.pid !== formerPid ? status : null;
  });

const logFiles = (kind: string): string[] => {
  const folder = machine.pathOf(logDirectory);
  return existsSync(folder) ? readdirSync(folder).filter((each) => each.startsWith(kind)) : [];
};

const portLines = (): string[] =>
  logFiles('PR-PORTS').flatMap((name) =>
    readFileSync(machine.pathOf(`${logDirectory}\\${name}`), 'utf8').split('\r\n'),
  );

const properties = (names: string): string =>
  `Get-PortReporter | ForEach-Object { $r = $_; (${names}).ForEach({ "$($r.$_)" }) -join ' ' }`;

/** Everything below the folders that an install touches. */
function tree(): string[] {
  const folder = machine.pathOf('C:\\Program Files');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return [...found, existsSync(machine.pathOf(logs)) ? logs : ''].sort();
}

test('-WhatIf tells the steps and changes nothing', async () => {
  const former = tree();
  const said = await machine.powershell('Install-PortReporter -AutoStart -WhatIf');
  assert.match(said, /What if: Register the service 'PortReporter', started at boot/);
  assert.match(said, /What if: Start the recorder/);
  assert.deepEqual(tree(), former);
  assert.equal(await machine.powershell(properties("'State'")), 'NotInstalled');
});

test('Install-PortReporter -AutoStart installs and starts it', async () => {
  assert.equal(await machine.powershell('Install-PortReporter -AutoStart'), '');
  const shown = await machine.powershell(properties("'State', 'StartType', 'Source', 'Gaps'"));
  assert.equal(shown, 'Running Automatic Polling 0');
  const [initial, ports] = ['PR-INITIAL', 'PR-PORTS'].map(logFiles);
  assert.equal(initial?.length, 1);
  assert.equal(ports?.length, 1);
  await until('it is told', () => machine.events.includes('Recording by Polling'));
});

const registered = (key: string, names: string): Promise<string> =>
  machine.powershell(
    `(${names}).ForEach({ [Microsoft.Win32.Registry]::GetValue(` +
      `'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\${key}', $_, 'missing') })`,
  );

test('the service and its event source are registered', async () => {
  const names = "'ImagePath', 'Start', 'ObjectName', 'PreshutdownTimeout', 'Description'";
  const [path = '', ...others] = (await registered('PortReporter', names)).split('\n');
  const parts =
    /^"(.+)\\portreporter-service.exe" "(.+)\\node.exe" --max-old-space-size=\d+ --max-semi-space-size=\d+ "(.+)" record --settings "(.+)"$/;
  const [, host, node, worker, settings] = parts.exec(path) ?? [];
  assert.equal(host, node);
  assert.equal(worker, `${node}\\portreporter-worker.cjs`);
  assert.equal(settings, `${directory}\\settings.json`);
  const description = 'PortReporter: records which process uses which port';
  assert.deepEqual(others, ['2', 'LocalSystem', '30000', description]);
  const texts = await registered('EventLog\\Application\\PortReporter', "'EventMessageFile'");
  assert.equal(texts, `${host}\\portreporter-service.exe`);
});

test('installing again changes nothing', async () => {
  const former = readStatus()?.pid;
  assert.equal(await machine.powershell('Install-PortReporter -AutoStart -WhatIf'), '');
  await machine.powershell('Install-PortReporter -AutoStart');
  assert.equal(readStatus()?.pid, former);
});

test('what a process listens on is in the log, with the process', async () => {
  // It listens until the log has it, for a minute at the most.
  const script = `
    $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $listener.Server.Blocking = $false
    try { $null = $listener.Server.Receive([byte[]]::new(1)) } catch { $null = $_ } # see docs
    $port = $listener.LocalEndpoint.Port
    $end = [datetime]::UtcNow.AddMinutes(1)
    do { $told = @(Import-PRLog -Kind PR-PORTS -LocalPort $port).Where({ $_.LocalPort -eq $port }) }
    while (-not $told -and [datetime]::UtcNow -lt $end)
    "$port $PID"
    $listener.Stop()`;
  const [port, pid] = (await machine.powershell(script)).split(' ');
  const genuine = `TCP,${port},127.0.0.1,,0.0.0.0,${pid},portreporter-engine.exe,<`;
  await until('the line is there', () => portLines().some((line) => line.includes(genuine)));
});

test('a recorder that is killed is started again, and the event log says so', async () => {
  const former = readStatus()?.pid ?? 0;
  await machine.powershell(`[Diagnostics.Process]::GetProcessById(${former}).Kill()`);
  const pid = (await runningAgain(former))?.pid;
  assert.notEqual(pid, former);
  // The event's texts: process, exit code, pause, last words.
  const died = new RegExp(`err L"${former}"\n.*err L"\\d+"\n.*err L"1"\n.*err L".*Recording by`);
  await until('it is told', () => died.test(machine.events));
  assert.equal(await machine.powershell(properties("'State'")), 'Running');
});

test('without its host the recorder ends, too', async () => {
  const state = await machine.powershell(properties("'ProcessId'"));
  const recorder = readStatus()?.pid ?? 0;
  const isGone = `
    [Diagnostics.Process]::GetProcessById(${state}).Kill()
    try { $null = [Diagnostics.Process]::GetProcessById(${recorder}).WaitForExit(60000) } catch { }
    try { $null = [Diagnostics.Process]::GetProcessById(${recorder}); 'runs' } catch { 'gone' }`;
  assert.equal(await machine.powershell(isGone), 'gone');
  await machine.powershell('Start-PortReporter');
  await runningAgain(recorder);
});

test('Stop-PortReporter stops it in order, Start-PortReporter starts it', async () => {
  const { pid } = readStatus() ?? { pid: 0 };
  await machine.powershell('Stop-PortReporter');
  await until('its status says so', () => readStatus()?.state === 'Stopped');
  const asked = /Stopping: standard input has ended/;
  await until('it is told', () => asked.test(machine.events));
  assert.equal(await machine.powershell(properties("'State'")), 'Stopped');
  await machine.powershell('Start-PortReporter');
  await runningAgain(pid);
});

test('after a power failure and a boot it runs', async () => {
  const { pid, updated } = readStatus() ?? { pid: 0, updated: '' };
  machine.powerOff();
  await machine.boot();
  await until('it records', () => {
    const status = readStatus();
    return status?.state === 'Running' && status.updated > updated && status.pid !== pid;
  });
  // A Wine that has just come up does not start every program at once.
  await until('Get-PortReporter says so', async () => {
    const shown = await machine.powershell(properties("'State', 'StartType'"));
    return shown === 'Running Automatic';
  });
});

const programs = 'C:\\Program Files';
const moduleFolder = `${programs}\\PowerShell Modules\\PortReporter`;

for (const [what, path] of [
  ['a worker', `${moduleFolder}\\ts-worker\\dist\\portreporter-worker.cjs`],
  ['a Node', `${programs}\\nodejs\\node.exe`],
  ['a folder above the module', `${programs}\\PowerShell Modules`],
] as const) {
  test(`${what} that others could change is refused before it is started`, async () => {
    const { mode } = statSync(machine.pathOf(path));
    chmodSync(machine.pathOf(path), 0o777);
    try {
      const said = await machine.powershell('Install-PortReporter -WhatIf');
      const reason = `the account S-1-1-0 may write to '${path}'.`;
      assert.ok(said.replaceAll(/\s+/g, ' ').includes(reason), said);
      assert.match(said, what === 'a folder above the module' ? /Copy it to where/ : /icacls "/);
      assert.doesNotMatch(said, /What if/);
    } finally {
      chmodSync(machine.pathOf(path), mode);
    }
  });
}

test('an install directory that others could change is refused, with the way out', async () => {
  const settings = machine.pathOf(`${directory}`);
  chmodSync(settings, 0o777);
  try {
    const said = await machine.powershell('Install-PortReporter -LogFormat Legacy');
    assert.match(said, /everyone may replace what is in 'C:\\Program Files\\PortReporter'/);
    assert.match(said, /icacls "C:\\Program Files\\PortReporter" \/inheritance:r \/grant:r/);
  } finally {
    chmodSync(settings, 0o775);
  }
});

test('Uninstall-PortReporter leaves the logs and nothing else', async () => {
  await machine.powershell('Uninstall-PortReporter -Confirm:$false');
  assert.equal(await machine.powershell(properties("'State'")), 'NotInstalled');
  assert.ok(!existsSync(machine.pathOf(directory)));
  const left = readdirSync(machine.pathOf(logDirectory));
  assert.ok(left.length > 0);
  assert.deepEqual(
    left.filter((name) => !/^PR-\w+-.*\.log$/.test(name)),
    [],
  );
  assert.equal(await registered('PortReporter', "'ImagePath'"), '');
  assert.equal(await registered('EventLog\\Application\\PortReporter', "'TypesSupported'"), '');
});

test('and with -RemoveLogs nothing at all', async () => {
  await machine.powershell('Install-PortReporter');
  await machine.powershell('Uninstall-PortReporter -RemoveLogs -Confirm:$false');
  assert.deepEqual(readdirSync(machine.pathOf(logDirectory)), []); // an earlier install made it
  assert.ok(!existsSync(machine.pathOf(directory)));
});
