// The door to every task: `node build/run.mjs TASK`. Plain JavaScript, because on a fresh clone
// nothing is installed yet. It installs what package-lock.json names when that is not there, then
// bundles build/tasks/main.ts and runs the task. It says what it does while a person waits.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  fail(`PortReporter needs Node 20 or later; this is ${process.version}. Install a newer Node.`);
}

function installDependencies() {
  const wanted = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const stamp = join(root, 'node_modules', '.portreporter-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing what package-lock.json names (first time only)…\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    fail('npm ci failed (see above). Is the npm registry reachable? Then run the command again.');
  }
  writeFileSync(stamp, wanted);
}

installDependencies();
const { build } = await import('esbuild');
const outfile = join(root, '.cache', 'build', 'tasks.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['build/tasks/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const { runTask } = await import(pathToFileURL(outfile).href);
process.exitCode = await runTask(root, process.argv[2] ?? '', process.argv.slice(3));
