// The door to every task: `node build/run.mjs TASK`. Plain JavaScript, because on a fresh clone
// nothing is installed yet. It installs what package-lock.json names when that is not there, then
// bundles build/tasks/main.ts and runs the task. It says what it does while a person waits, and one
// plain sentence where that can't be done.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

// A clone of somebody else, one that a sudo left behind, or a file system that is read-only.
function ensureWritable(folders) {
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    } catch (error) {
      fail(
        `The tasks write into their clone, and this user can't write '${folder}' (${error.code}). ` +
          'Clone the repository into a folder of your own, or make this one yours.',
      );
    }
  }
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

const built = join(root, '.cache', 'build');
ensureWritable([root, built]);
installDependencies();
const { build } = await import('esbuild');
const outfile = join(built, 'tasks.mjs');
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
try {
  process.exitCode = await runTask(root, process.argv[2] ?? '', process.argv.slice(3));
} catch (error) {
  // A plain Error is a sentence for people; any other comes of a mistake here, and keeps its stack.
  if (Object.getPrototypeOf(error) !== Error.prototype) throw error;
  fail(error.message);
}
