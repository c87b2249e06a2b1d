// A second user on the machine, who wants what runs as root to be theirs, or to read what it writes.
// Each attack has to get nowhere; where the install refuses, it says why, and its hint helps.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Machine, moduleFolder, place } from './machine.ts';

const eve = 65534;
const marker = '/tmp/was-root';
let machine: Machine;

before(async () => {
  machine = await Machine.start();
  await machine.must('sh', '-c', `mkdir -p /home/eve && chown ${eve} /home/eve`);
});

after(() => machine.close());

/** As the second user. */
const asEve = (script: string) => machine.asUser(eve, 'sh', '-c', script);

async function refused(command: string, expected: RegExp, options = {}): Promise<string> {
  const former = machine.changes();
  const { code, output } = await machine.powershell(command, options);
  assert.equal(code, 1, output);
  assert.match(output, expected);
  assert.deepEqual(machine.changes(), former, 'a refusal changes nothing');
  return output;
}

/** The command that the message tells to run. */
const remedyIn = (output: string): string =>
  /: ((?:chmod|chown|cp|install) .*?)(?:, and .*)?$/m.exec(output.trim())?.[1] ?? '';

describe('where the recorder is installed', () => {
  before(() => machine.mustPowershell('Install-PortReporter -AutoStart'));
  after(() => machine.mustPowershell('Uninstall-PortReporter -RemoveLogs -Confirm:$false'));

  test('the logs and their names are for root and the group adm alone', async () => {
    for (const command of ['cat /var/log/portreporter/*', 'ls /var/log/portreporter']) {
      assert.notEqual((await asEve(command)).code, 0, command);
    }
    const rights = await machine.must('sh', '-c', 'stat -c "%U %G %a" /var/log/portreporter/PR-*');
    for (const line of rights.trim().split('\n')) assert.match(line, /^root (adm|root) 6[04]0$/);
  });

  test('programs, settings and unit are for root alone to write', async () => {
    const all = await machine.must(
      'sh',
      '-c',
      'find /opt/portreporter /etc/systemd/system/portreporter.service ! -user root -o -perm /022',
    );
    assert.equal(all, '');
    const program = '/opt/portreporter/releases/*';
    for (const command of [
      `echo x >> ${program}/portreporter-worker.cjs`,
      `mv ${program} /tmp/x`,
      'rm /opt/portreporter/settings.json',
      'ln -s /etc/passwd /opt/portreporter/releases/new',
      'mv /opt/portreporter /opt/other',
      'echo "[Service]" >> /etc/systemd/system/portreporter.service',
    ]) {
      assert.notEqual((await asEve(command)).code, 0, command);
    }
  });

  test('no link can be planted among the logs', async () => {
    const planted = 'ln -s /etc/shadow /var/log/portreporter/.status.json-next';
    assert.notEqual((await asEve(planted)).code, 0);
  });

  test('the recorder can be neither ended nor looked into', async () => {
    const pid = (
      await machine.must('systemctl', 'show', 'portreporter', '--value', '-pMainPID')
    ).trim();
    for (const command of [
      `kill -9 ${pid}`,
      `cat /proc/${pid}/environ`,
      'systemctl stop portreporter',
    ]) {
      assert.notEqual((await asEve(command)).code, 0, command);
    }
  });
});

describe('where it is to be installed', () => {
  const places: readonly (readonly [name: string, setUp: string, path: string, why: RegExp])[] = [
    [
      'below a directory of hers',
      'true',
      '/home/eve/pr',
      /'\/home\/eve' belongs to the user 65534/,
    ],
    [
      'below a directory that all may write to',
      'mkdir -m 777 /srv/open',
      '/srv/open/deep/pr',
      /others than root may write to '\/srv\/open' \(mode 777\)/,
    ],
    [
      'below a directory that a group may write to',
      'mkdir -m 775 /srv/team',
      '/srv/team/pr',
      /others than root may write to '\/srv\/team' \(mode 775\)/,
    ],
    ['where it vanishes at boot', 'true', '/tmp/pr', /others than root may write to '\/tmp'/],
    [
      'through a link of hers',
      `setpriv --reuid ${eve} --clear-groups ln -s /opt /home/eve/link`,
      '/home/eve/link',
      /'\/home\/eve' belongs to the user 65534/,
    ],
    [
      "through a link of root's, into her directory",
      'ln -s /home/eve/target /srv/link; mkdir /home/eve/target; chown 65534 /home/eve/target',
      '/srv/link/pr',
      /'\/home\/eve' belongs to the user 65534/,
    ],
    ['at a link to nothing', 'ln -s /nowhere /srv/dangling', '/srv/dangling/pr', /link to nothing/],
  ];
  for (const [name, setUp, path, why] of places) {
    test(name, async () => {
      await machine.must('sh', '-c', setUp);
      await refused(`Install-PortReporter -Path '${path}'`, why);
    });
  }

  test('logs as well', async () => {
    const why = /'\/home\/eve' belongs to the user 65534/;
    await refused("Install-PortReporter -LogDirectory '/home/eve/logs'", why);
    await machine.must('sh', '-c', 'mkdir -m 755 /srv/readable');
    const output = await refused('Install-PortReporter -LogDirectory /srv/readable', /may read it/);
    assert.equal(remedyIn(output), 'chmod o-rwx /srv/readable');
  });

  test("a directory with another program's settings", async () => {
    await machine.must(
      'sh',
      '-c',
      'mkdir /srv/other; echo "{\\"a\\":1}" > /srv/other/settings.json',
    );
    await refused('Install-PortReporter -Path /srv/other', /PR_SETTINGS_INVALID.*no setting 'a'/);
  });

  test('the hint puts it right', async () => {
    const output = await refused('Install-PortReporter -Path /srv/team/pr', /chmod/);
    await machine.must('sh', '-c', remedyIn(output));
    await machine.mustPowershell('Install-PortReporter -Path /srv/team/pr');
    await machine.mustPowershell('Uninstall-PortReporter -Confirm:$false -RemoveLogs');
  });
});

describe('where it is installed from', () => {
  const evil = `#!/bin/sh\nid -u > ${marker}\nexec /usr/local/bin/node "$@"\n`;
  const module = '/home/eve/PortReporter';
  const worker = `${module}/ts-worker/dist/portreporter-worker.cjs`;

  beforeEach(async () => {
    await machine.must('sh', '-c', `mkdir -p /home/eve/bin && cp -R ${moduleFolder} ${module}`);
    place(machine, '/home/eve/bin/node', evil);
    await machine.must('chown', '-R', `${eve}:${eve}`, '/home/eve');
  });

  afterEach(async () => {
    const { output } = await machine.run('cat', marker);
    await machine.must('rm', '-rf', '/home/eve/bin', module, marker);
    assert.doesNotMatch(output, /^0/, 'nothing of hers ran as root');
  });

  test('a node of hers on PATH is not run, not even with -Force', async () => {
    const env = { PATH: '/home/eve/bin:/usr/local/bin:/usr/bin:/bin' };
    for (const force of ['', ' -Force', ' -WhatIf']) {
      const why = /PR_PATH_UNSAFE.*'\/home\/eve\/bin\/node' would run.*belongs to the user 65534/;
      await refused(`Install-PortReporter${force}`, why, { env });
    }
  });

  test('a worker of hers is not run', async () => {
    const text = `require('node:fs').writeFileSync('${marker}', String(process.getuid()));\n`;
    place(machine, worker, text + readFileSync(machine.pathOf(worker), 'utf8'));
    const why = /PR_PATH_UNSAFE.*'\/home\/eve' is not safe: it belongs to the user 65534/;
    const output = await refused('Install-PortReporter', why, { module });
    assert.match(
      remedyIn(output),
      /^cp -RT --no-preserve=mode,ownership '\/home\/eve\/PortReporter'/,
    );
  });

  test('a worker of the module that others may write to', async () => {
    const file = `${moduleFolder}/ts-worker/dist/portreporter-worker.cjs`;
    await machine.must('chmod', '666', file);
    const output = await refused('Install-PortReporter', /others than root may write to it/);
    await machine.must('sh', '-c', remedyIn(output));
    assert.equal(lstatSync(machine.pathOf(file)).mode & 0o777, 0o644);
    await machine.mustPowershell('Install-PortReporter -WhatIf');
  });

  test("koffi's binary, and a cmdlet, that are hers", async () => {
    for (const part of ['node_modules/@koromix', 'cmdlets']) {
      await machine.must('chown', '-R', String(eve), `${moduleFolder}/${part}`);
      const output = await refused('Install-PortReporter', /belongs to the user 65534/);
      assert.match(remedyIn(output), /^chown -R root:root /);
      await machine.must('chown', '-R', 'root:root', moduleFolder);
    }
  });

  test('-NodePath of hers: refused, and with -Force taken, warned of and noted', async () => {
    const node = '/home/eve/own-node';
    await machine.must('sh', '-c', `cp /usr/local/bin/node ${node}; chown ${eve} ${node}`);
    await refused(`Install-PortReporter -NodePath ${node}`, /PR_PATH_UNSAFE.*install -D -m 755/);
    const said = await machine.mustPowershell(`Install-PortReporter -NodePath ${node} -Force 3>&1`);
    const digest = createHash('sha256')
      .update(readFileSync(machine.pathOf(node)))
      .digest('hex');
    assert.match(said.replaceAll(/\s+/g, ' '), new RegExp(`not safe.*accepted.*${digest}`));
    const file = machine.pathOf('/opt/portreporter/settings.json');
    const { install } = JSON.parse(readFileSync(file, 'utf8'));
    assert.deepEqual(
      install.accepted.map((each: { path: string; sha256: string }) => [each.path, each.sha256]),
      [[node, digest]],
    );
    await machine.mustPowershell('Uninstall-PortReporter -Confirm:$false -RemoveLogs');
    await machine.must('rm', node);
  });

  test('a node that is no Node', async () => {
    const { output } = await machine.powershell('Install-PortReporter -NodePath /bin/true');
    assert.match(output, /^PR_NODE_UNUSABLE,/m);
    assert.ok(!existsSync(machine.pathOf('/opt/portreporter')));
  });
});
