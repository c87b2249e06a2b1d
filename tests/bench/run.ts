// `npm run bench`: runs the benchmarks, prints what they found, and writes docs/benchmarks.md where
// they ran whole.

import { join } from 'node:path';
import { say } from '../../build/tasks/shell.ts';
import { playTraffic } from '../traffic/player.ts';
import type { Benchmark } from './benchmark.ts';
import { importBenchmark } from './import/benchmark.ts';
import { parseOptions } from './options.ts';
import { writeSection } from './page.ts';
import { recorderBenchmark } from './recorder/benchmark.ts';
import { snapshotBenchmark } from './snapshot/benchmark.ts';
import { watchBenchmark } from './watch/benchmark.ts';
import { playPoller } from './watch/poller.ts';

const benchmarks: readonly Benchmark[] = [
  snapshotBenchmark,
  importBenchmark,
  watchBenchmark,
  recorderBenchmark,
];

async function main(root: string, args: readonly string[]): Promise<void> {
  const { names, sizes } = parseOptions(args);
  const unknown = names.find((name) => !benchmarks.some((each) => each.name === name));
  if (unknown !== undefined) {
    const known = benchmarks.map(({ name }) => name).join(', ');
    throw new Error(`There is no benchmark '${unknown}'. There are: ${known}.`);
  }
  for (const benchmark of benchmarks) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue;
    const section = await benchmark.run(root, sizes);
    process.stdout.write(`${section}\n`);
    const page = join(root, 'docs/benchmarks.md');
    if (sizes === null) writeSection(page, benchmark.name, section);
    else say('A run with sizes of its own is printed only; docs/benchmarks.md stays as it was.');
  }
}

/** A benchmark starts this program again for the parts that need a process of their own. */
async function play(): Promise<void> {
  const isPart = (await playTraffic()) || (await playPoller());
  if (!isPart) await main(process.cwd(), process.argv.slice(2));
}

play().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
