// The snapshot benchmark: Get-PortSnapshot beside the tools that answer the same question.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findPowerShell } from '../../../build/tasks/powershell.ts';
import { findOnPath, say } from '../../../build/tasks/shell.ts';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import type { PopulationSize } from '../sockets/population.ts';
import { type CaseOptions, type CaseResult, runCase } from './case.ts';
import { countSockets } from './floors.ts';
import { writeReport } from './report.ts';
import { otherTools, type Tool } from './tools.ts';

const allSizes = [100, 1000, 10_000, 50_000];

/** In a few processes and in many; each has at least a handful. */
const few = 4;
const many = 300;
const leastPerProcess = 4;

function casesOf(sizes: readonly number[]): PopulationSize[] {
  return sizes.flatMap((sockets) =>
    [few, Math.min(many, sockets / leastPerProcess)].map((processes) => ({ sockets, processes })),
  );
}

/** The package to compare with goes into a folder of the bench, not among the dependencies. */
function installSysteminformation(folder: string): string {
  const path = join(folder, 'node_modules/systeminformation');
  if (!existsSync(path)) {
    say('Installing systeminformation to compare with (first time only)…');
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund'];
    spawnSync('npm', [...args, '--ignore-scripts', 'systeminformation@5'], { stdio: 'ignore' });
  }
  return path;
}

/** Those that are there, with a word about each that is not. */
function findTools(folder: string): { tools: Tool[]; missing: string[] } {
  const path = installSysteminformation(folder);
  const isThere = ({ command: [program] }: Tool) =>
    program === process.execPath ? existsSync(path) : findOnPath(program) !== null;
  const all = otherTools(path);
  const tools = all.filter(isThere);
  const missing = all.filter((tool) => !isThere(tool)).map(({ name }) => name);
  for (const name of missing) say(`${name} is not installed: the run goes on without it.`);
  return { tools, missing };
}

/** TIME_WAIT sockets of earlier traffic would be in every table; they are gone after a minute. */
const fewOthers = 200;
const longestWait = 90_000;

async function waitForQuiet(): Promise<void> {
  const deadline = Date.now() + longestWait;
  if (countSockets() <= fewOthers) return;
  say('Waiting for the sockets of earlier traffic to go…');
  while (countSockets() > fewOthers && Date.now() < deadline) await pause(1000);
}

async function run(root: string, sizes: readonly number[] | null): Promise<string> {
  if (process.platform !== 'linux') throw new Error('The snapshot benchmark runs on Linux only.');
  const machine = describeMachine();
  const folder = join(root, '.cache/bench');
  mkdirSync(folder, { recursive: true });
  const { tools, missing } = findTools(folder);
  const powershell = await findPowerShell(root);
  const options: CaseOptions = { root, powershell, tools, folder };
  const results: CaseResult[] = [];
  for (const size of casesOf(sizes ?? allSizes)) {
    await waitForQuiet();
    say(`${size.sockets} sockets in ${size.processes} processes…`);
    results.push(await runCase(options, size));
  }
  const [first] = results;
  return writeReport({ machine, powershell: first?.powershell ?? '', missing, results });
}

export const snapshotBenchmark: Benchmark = { name: 'snapshot', run };
