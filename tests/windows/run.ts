// `npm run test:windows [-- worker | cmdlets | service]`: the tests for Windows, on Windows or under
// Wine. First the worker's, inside Node for Windows; then the cmdlets', inside PowerShell, through
// the module's own manifest; under Wine also the service's, from its install to its uninstall.
//
// Wine reads the sockets of the network namespace that it runs in, slowly where there are
// thousands; as root the tests run in a namespace of their own, where they also meet no sockets but
// their own.

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Counts, close, countLastLine, countTap } from '../../build/tasks/counts.ts';
import { bundle } from '../../build/tasks/run-bundled.ts';
import { run, say } from '../../build/tasks/shell.ts';
import { type Place, thisWindows } from './place.ts';
import { setUp } from './set-up.ts';
import { stopWine, underWine, wineFolders } from './wine.ts';

/** Of the worker's tests those of Windows, and those of no system in particular. */
const workerTests =
  /^tests\/(windows\/[^/]*$|worker\/(windows-|(model|protocol|snapshot)\/)).*\.test\.ts$/;

function findTests(root: string, fits: RegExp): string[] {
  const names = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' });
  const paths = names.map((name) => `tests/${name.replaceAll('\\', '/')}`);
  return paths.filter((path) => fits.test(path)).sort();
}

async function runWorkerTests(root: string, place: Place): Promise<Counts> {
  const tests = findTests(root, workerTests);
  const bundles = join(place.bundles, 'bundles');
  rmSync(bundles, { recursive: true, force: true });
  await bundle(root, tests, bundles);
  say(`Running ${tests.length} files of the worker's tests…`);
  const tap = join(bundles, 'report.tap');
  const built = tests.map((test) => join(bundles, test.replace(/ts$/, 'mjs')));
  await place.run(place.node, [
    ...['--enable-source-maps', '--test', '--test-concurrency=1'],
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${place.pathOf(tap)}`],
    ...built.map(place.pathOf),
  ]);
  return countTap(tap);
}

async function runCmdletTests(place: Place): Promise<Counts> {
  say("Running the cmdlets' tests…");
  const tests = join(place.root, 'tests');
  const script = join(tests, 'cmdlets/runner/Invoke-CmdletTest.ps1');
  const folders = [join(tests, 'cmdlets'), join(tests, 'windows')];
  const args = ['-File', ...[script, ...folders].map(place.pathOf), ...place.cmdletTestArgs];
  const { code, output } = await place.run(place.powershell, [...place.powershellArgs, ...args]);
  return countLastLine(output, code);
}

/** On this side: it starts and stops the machine. */
async function runServiceTests(root: string, place: Place): Promise<Counts> {
  say("Running the service's tests…");
  const tests = ['host', 'service'].map((name) => `tests/windows/service/${name}.test.ts`);
  const bundles = join(place.bundles, 'service');
  await bundle(root, tests, bundles);
  const tap = join(bundles, 'report.tap');
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
  ];
  const args = ['--enable-source-maps', '--test', '--test-concurrency=1', ...reporters];
  const env = { ...process.env, PORTREPORTER_ROOT: root };
  const built = tests.map((test) => join(bundles, test.replace(/ts$/, 'mjs')));
  await run(process.execPath, [...args, ...built], { cwd: root, env });
  return countTap(tap);
}

/** `only` names parts of the run; without a name all of it. */
async function runTests(root: string, place: Place, only: readonly string[]): Promise<number> {
  const parts = {
    worker: () => runWorkerTests(root, place),
    cmdlets: () => runCmdletTests(place),
    // A machine that is somebody's is not for installing services and cutting its power.
    ...(process.platform === 'win32' ? {} : { service: () => runServiceTests(root, place) }),
  };
  const counts: Counts[] = [];
  for (const [name, run] of Object.entries(parts)) {
    if (only.length === 0 || only.includes(name)) counts.push(await run());
  }
  return close(counts);
}

const inside = '--inside';

/** Runs this program again in a network namespace of its own, where that is allowed. */
async function isolated(root: string, only: readonly string[]): Promise<number> {
  const unshare = ['unshare', '--net', '--'] as const;
  const probe = ['sh', '-c', 'ip link set lo up'];
  const allowed = spawnSync(unshare[0], [...unshare.slice(1), ...probe]).status === 0;
  if (!allowed) say('No network namespace to be had (not root?): running among all sockets here.');
  const again = [process.execPath, ...process.execArgv, process.argv[1] ?? '', inside, ...only];
  const [program = '', ...args] = allowed ? [...unshare, ...again] : again;
  return await run(program, args, { cwd: root });
}

async function runUnderWine(root: string, only: readonly string[]): Promise<number> {
  const folders = wineFolders(root);
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
  stopWine(folders.prefix); // its server must be born in this namespace
  try {
    return await runTests(root, underWine(folders), only);
  } finally {
    stopWine(folders.prefix);
  }
}

async function main([first, ...others]: readonly string[]): Promise<number> {
  const root = process.cwd();
  if (first === inside) return await runUnderWine(root, others);
  const only = first === undefined ? [] : [first, ...others];
  if (process.platform === 'win32') return await runTests(root, await thisWindows(root), only);
  await setUp(root, wineFolders(root));
  return await isolated(root, only);
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
