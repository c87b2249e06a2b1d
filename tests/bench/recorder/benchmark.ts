// `npm run bench -- recorder`: what the logs take, and what a recorder costs at rest.

import { writeFileSync } from 'node:fs';
import { say } from '../../../build/tasks/shell.ts';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { peakMemory } from '../memory.ts';
import { table } from '../page.ts';
import { type Load, type LoadResult, runLoad } from './load.ts';
import { type RestResult, rest } from './rest.ts';

const burst: Load = { rate: 110_000, duration: 2000 };
const minute: Load = { rate: 50_000, duration: 60_000 };

type Measured = LoadResult & { readonly load: Load; readonly peak: number };

/** proc(5): 5 sets the peak back to what is in use. */
const forgetPeak = (): void => writeFileSync('/proc/self/clear_refs', '5');

async function measure(load: Load): Promise<Measured> {
  say(`${load.rate} changes a second for ${load.duration / 1000} s…`);
  forgetPeak();
  const result = await runLoad(load);
  return { ...result, load, peak: peakMemory(process.pid) };
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US');

const loadRows: readonly (readonly [string, (result: Measured) => string])[] = [
  ['changes told', ({ told }) => number(told)],
  ['records in the files', ({ written }) => number(written)],
  ['missed', ({ missed }) => number(missed)],
  ['seconds until the last was in its file', ({ time }) => (time / 1000).toFixed(2)],
  ['changes that waited, at the most', ({ mostWaiting }) => number(mostWaiting)],
  ['milliseconds that the longest piece of work took', ({ longestHold }) => number(longestHold)],
  [
    'processor time, of one core (making the changes included)',
    ({ processorTime, time }) => `${Math.round((processorTime / time) * 100)} %`,
  ],
  ['megabytes written', ({ bytes }) => number(bytes / 1e6)],
  ['files', ({ files }) => number(files)],
  ['peak memory in MB', ({ peak }) => number(peak)],
];

function loadTable(results: readonly Measured[]): string {
  const head = results.map(({ load }) => `${number(load.rate)}/s for ${load.duration / 1000} s`);
  const rows = loadRows.map(([name, of]) => [name, ...results.map(of)]);
  return table(['', ...head], rows);
}

function restTable(results: readonly RestResult[]): string {
  const head = results.map(({ status }) => `${number(status.endpoints)} endpoints`);
  return table(
    ['', ...head],
    [
      ['source', ...results.map(({ status }) => status.source ?? '')],
      ['records meanwhile', ...results.map(({ records }) => number(records))],
      ['of one core', ...results.map(({ share }) => `${(share * 100).toFixed(2)} %`)],
      ['memory in MB', ...results.map(({ memory }) => number(memory))],
      ['peak memory in MB', ...results.map(({ peak }) => number(peak))],
    ],
  );
}

function section(
  machine: string,
  loads: readonly Measured[],
  rests: readonly RestResult[],
): string {
  const day = new Date().toISOString().slice(0, 10);
  return `## The recorder

\`npm run bench -- recorder\` on ${day}: ${machine}.

### Many changes

Changes of 500 processes are told to the real logs on a real disk, in the process and by the loop that
a recorder has; each is one record. The records are counted in the files afterwards.

${loadTable(loads)}

### At rest

The whole recorder, all its threads, for half a minute in which only others opened or closed something.

${restTable(rests)}
`;
}

export const recorderBenchmark: Benchmark = {
  name: 'recorder',
  async run(root, sizes) {
    const machine = describeMachine();
    const loads = [await measure(burst), await measure(minute)];
    const rests: RestResult[] = [];
    for (const size of sizes ?? [100, 1000]) {
      say(`A recorder at rest, with ${size} endpoints more…`);
      rests.push(await rest(root, size));
    }
    return section(machine, loads, rests);
  },
};
