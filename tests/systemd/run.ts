// `npm run test:systemd`: installs on a real systemd, in a machine made for the test (machine.ts).
// It needs root, systemd and overlayfs, and leaves no trace.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, close, countTap } from '../../build/tasks/counts.ts';
import { findPowerShell } from '../../build/tasks/powershell.ts';
import { bundle } from '../../build/tasks/run-bundled.ts';
import { run, say } from '../../build/tasks/shell.ts';

/** What is missing here, in words; null where all is there. */
function missing(): string | null {
  if (process.platform !== 'linux') return 'Linux';
  if (process.geteuid?.() !== 0) return 'root (sudo npm run test:systemd)';
  if (!existsSync('/lib/systemd/systemd')) return 'systemd (apt-get install systemd)';
  const tools = ['unshare', 'nsenter', 'pivot_root', 'setpriv', 'ip', 'mount'];
  const absent = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return absent.length === 0 ? null : `${absent.join(', ')} (util-linux, iproute2)`;
}

/** Places of this machine that a machine under test has of its own. */
const places = ['/tmp', '/var/tmp', '/run', '/opt', '/var/log', '/etc/systemd/system'];
const canary = `portreporter-canary-${process.pid}`;

/** A file in each of them must outlive the tests, and nothing of an install be there. */
function watchPlaces(): () => Counts {
  for (const place of places) writeFileSync(join(place, canary), '');
  return () => {
    const lost = places.filter((place) => !existsSync(join(place, canary)));
    for (const place of places) rmSync(join(place, canary), { force: true });
    const leaked = ['/opt/portreporter', '/var/log/portreporter', unit].filter(existsSync);
    const problems = [...lost.map((each) => `${each} was emptied`), ...leaked];
    if (problems.length > 0) say(`This machine was changed: ${problems.join(', ')}`);
    const failed = problems.length > 0 ? 1 : 0;
    return { passed: 1 - failed, failed, skipped: 0 };
  };
}

const unit = '/etc/systemd/system/portreporter.service';

async function main(only: readonly string[]): Promise<number> {
  const root = process.cwd();
  const lack = missing();
  if (lack !== null) {
    say(`The systemd tests need ${lack}.`);
    return 1;
  }
  if (existsSync(unit)) {
    say('PortReporter is installed on this machine: the tests need one without it.');
    return 1;
  }
  const powershell = await findPowerShell(root);
  const all = readdirSync(join(root, 'tests/systemd')).filter((name) => name.endsWith('.test.ts'));
  const names = all.filter((name) => only.length === 0 || only.some((each) => name.includes(each)));
  const outdir = join(root, '.cache/systemd');
  rmSync(outdir, { recursive: true, force: true });
  const tests = names.sort().map((name) => `tests/systemd/${name}`);
  await bundle(root, [...tests, 'tests/systemd/fail-at.ts'], outdir);
  const built = tests.map((test) => join(outdir, test.replace(/ts$/, 'mjs')));
  const tap = join(outdir, 'report.tap');
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
  ];
  const args = ['--enable-source-maps', '--test', '--test-concurrency=1', ...reporters, ...built];
  const env = {
    ...process.env,
    PORTREPORTER_ROOT: root,
    PORTREPORTER_POWERSHELL: JSON.stringify(powershell),
  };
  const stayedAsItWas = watchPlaces();
  await run(process.execPath, args, { cwd: root, env });
  return close([countTap(tap), stayedAsItWas()]);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
