// The section of docs/benchmarks.md about Get-PortSnapshot.

import { table } from '../page.ts';
import { describe } from './agreement.ts';
import { type CaseResult, names } from './case.ts';
import { floorNames } from './floors.ts';
import { judge, medianOf, ratioOverSs } from './goals.ts';

export interface Findings {
  readonly machine: string;
  /** Version and kind of the PowerShell that ran the cmdlet. */
  readonly powershell: string;
  /** Tools to compare with that were not installed. */
  readonly missing: readonly string[];
  readonly results: readonly CaseResult[];
}

const caseName = ({ size }: CaseResult): string =>
  `${size.sockets.toLocaleString('en')} in ${size.processes}`;

const milliseconds = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 1 : 0);

/** Every name that was timed in any case, in the order of the first. */
function timedNames(results: readonly CaseResult[]): string[] {
  return [...new Set(results.flatMap(({ times }) => [...times.keys()]))];
}

function timesTable(results: readonly CaseResult[]): string {
  const rows = timedNames(results).map((name) => [
    name,
    ...results.map((result) => {
      const times = result.times.get(name);
      if (times === undefined) return '';
      const [middle, least, most] = [times.median, times.least, times.most].map(milliseconds);
      return `**${middle}** (${least}–${most})`;
    }),
  ]);
  return table(['milliseconds', ...results.map(caseName)], rows);
}

function ratioTable(results: readonly CaseResult[]): string {
  const { warm, changed, sockDiag, worker, workerChanged, workerSockDiag } = names;
  const compared = [warm, changed, sockDiag, worker, workerChanged, workerSockDiag];
  const rows = compared.map((name) => [
    name,
    ...results.map((result) => ratioOverSs(result, name).toFixed(1)),
  ]);
  return table(['times faster than `ss -tunap`', ...results.map(caseName)], rows);
}

function agreementTable(results: readonly CaseResult[]): string {
  const shown = [...new Set(results.flatMap(({ agreements }) => [...agreements.keys()]))];
  const rows = shown.map((name) => [
    name,
    ...results.map(({ agreements }) => {
      const agreement = agreements.get(name);
      return agreement === undefined ? '' : describe(agreement);
    }),
  ]);
  return table(['against what was opened', ...results.map(caseName)], rows);
}

function memoryTable(results: readonly CaseResult[]): string {
  const row = (name: string, pick: (result: CaseResult) => number) => [
    name,
    ...results.map((result) => pick(result).toFixed(0)),
  ];
  return table(
    ['megabytes', ...results.map(caseName)],
    [
      row('the worker', ({ workerMemory }) => workerMemory),
      row('the worker without BPF', ({ workerMemorySockDiag }) => workerMemorySockDiag),
      row('PowerShell after its first call', ({ powershellMemory }) => powershellMemory),
    ],
  );
}

/** What stands between the floors and the call. */
function gapTable(result: CaseResult): string {
  const at = (name: string) => medianOf(result, name);
  const floor = at(floorNames.holders) + at(floorNames.ports);
  const both = at(names.worker) + at(names.conversion);
  const rows: readonly (readonly [string, number])[] = [
    ['all sockets with their holders, and the rest of the port tables, by BPF', floor],
    ["the owners' facts, order, JSON, the pipe", at(names.worker) - floor],
    ['the worker alone', at(names.worker)],
    ['PowerShell, the same lines from memory', at(names.conversion)],
    ['more than both (less where they work side by side)', at(names.warm) - both],
    ['Get-PortSnapshot', at(names.warm)],
  ];
  return table(
    ['part', 'milliseconds'],
    rows.map(([name, value]) => [name, milliseconds(value)]),
  );
}

/** Linear would be the first number. */
function growth(results: readonly CaseResult[]): string {
  const perThousand = results.map((result) => {
    const each = (medianOf(result, names.warm) / result.size.sockets) * 1000;
    return `${caseName(result)}: ${each.toFixed(2)} ms`;
  });
  return `Growth, Get-PortSnapshot for each 1,000 sockets: ${perThousand.join('; ')}.`;
}

export function writeReport({ machine, powershell, missing, results }: Findings): string {
  const largest = results.toSorted((a, b) => a.size.sockets - b.size.sockets).at(-1);
  const sources = [...new Set(results.map(({ source }) => source))].join(', ');
  const others = Math.max(...results.map((result) => result.others));
  const lacking = missing.length === 0 ? '' : ` Not installed here: ${missing.join(', ')}.`;
  const parts = [
    `## Get-PortSnapshot

\`npm run bench -- snapshot\` on ${new Date().toISOString().slice(0, 10)}: ${machine}, ${powershell}.
Get-PortSnapshot read by ${sources}.${lacking}

"10,000 in 300" is 10,000 endpoints in 300 processes: TCP listeners that two processes hold, connections
with both ends, UDP sockets; a tenth of the connections over IPv6. At most ${others} other sockets were open.
Between two rounds half of the processes end and others open as many sockets. The rounds of all
rows are interleaved. Get-PortSnapshot and the worker are warm where nothing else is said; objects are
counted, with all their properties. The other tools are started each time, as they are used, and
only print text; systeminformation runs in a Node of its own.`,
    `### Times\n\nMedian, and least to most.\n\n${timesTable(results)}`,
    ratioTable(results),
    growth(results),
    `### Goals\n\n${table(['goal', 'bound', 'measured', 'kept'], judge(results))}`,
    `### Do they see the same?\n\n${agreementTable(results)}`,
    `### Peak memory\n\n${memoryTable(results)}`,
  ];
  if (largest !== undefined) {
    parts.push(`### What stands between\n\n${caseName(largest)}:\n\n${gapTable(largest)}`);
  }
  return parts.join('\n\n');
}
