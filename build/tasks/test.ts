// `npm test`: lint, format, types, the worker's tests with coverage, the cmdlets' tests. Ends with
// one line that counts them all.

import { mkdirSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buildWorker } from './build-worker.ts';
import { type Counts, close, countLastLine, countTap } from './counts.ts';
import { coverageArguments } from './coverage.ts';
import { lint } from './lint.ts';
import { findPowerShell } from './powershell.ts';
import { bundle } from './run-bundled.ts';
import { run, say } from './shell.ts';

async function findTests(folder: string, ending: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const tests = names.filter((name) => name.endsWith(ending) && !/\b(bin|obj)\b/.test(name));
  return tests.map((name) => join(folder, name)).sort();
}

/** One file after the other, since they all look at the same machine; and a test that fails and
 * leaves something open must not hold up the rest for ever (the option came with Node 20.11). */
function bounds(): string[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const canBound = major > 20 || minor >= 11;
  return ['--test-concurrency=1', ...(canBound ? ['--test-timeout=300000'] : [])];
}

async function runWorkerTests(root: string, only: readonly string[]): Promise<Counts> {
  await buildWorker(root);
  const found = [
    ...(await findTests(join(root, 'tests/worker'), '.test.ts')),
    ...(await findTests(join(root, 'tests/engine'), '.test.ts')),
  ];
  const chosen = found.filter((each) => only.length === 0 || only.some((o) => each.includes(o)));
  if (chosen.length === 0) throw new Error(`No test file has ${only.join(' or ')} in its name.`);
  const outdir = join(root, '.cache/tests');
  rmSync(outdir, { recursive: true, force: true });
  await bundle(root, chosen, outdir);
  const tap = join(outdir, 'report.tap');
  const built = chosen.map((each) => join(outdir, relative(root, each).replace(/ts$/, 'mjs')));
  mkdirSync(join(root, 'coverage'), { recursive: true });
  say("Running the worker's tests…");
  const coverage = await coverageArguments(root);
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=tap', `--test-reporter-destination=${tap}`],
  ];
  const args = [...coverage, process.execPath, '--enable-source-maps', '--test'];
  const env = { ...process.env, PORTREPORTER_ROOT: root };
  await run(process.execPath, [...args, ...bounds(), ...reporters, ...built], { cwd: root, env });
  return countTap(tap);
}

async function runCmdletTests(root: string, only: readonly string[]): Promise<Counts> {
  await buildWorker(root);
  const powershell = await findPowerShell(root);
  say("Running the cmdlets' tests…");
  const script = join(root, 'tests/cmdlets/runner/Invoke-CmdletTest.ps1');
  let output = '';
  const args = [...powershell.args, '-File', script, ...only];
  const code = await run(powershell.program, args, {
    cwd: root,
    onOutput: (text) => {
      output += text;
    },
  });
  return countLastLine(output, code);
}

export async function testWorker(root: string, only: readonly string[]): Promise<number> {
  return close([await runWorkerTests(root, only)]);
}

export async function testCmdlets(root: string, only: readonly string[]): Promise<number> {
  return close([await runCmdletTests(root, only)]);
}

export async function test(root: string): Promise<number> {
  await findPowerShell(root); // the engine host has tests of its own: it is built before they run
  const checks = (await lint(root)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (checks.failed > 0) say('  FAIL  lint, format and types: see above, and `npm run lint`\n');
  const worker = await runWorkerTests(root, []);
  const cmdlets = await runCmdletTests(root, []);
  return close([{ ...checks, skipped: 0 }, worker, cmdlets]);
}
