// The goals of the project for Get-PortSnapshot, and whether a run kept them.

import type { CaseResult } from './case.ts';
import { names } from './case.ts';
import { ss } from './tools.ts';

interface Goal {
  readonly words: string;
  readonly sockets: number;
  readonly unit: '×' | 'ms' | 'MB';
  readonly atLeast?: number;
  readonly atMost?: number;
  value(result: CaseResult): number;
}

export const medianOf = ({ times }: CaseResult, name: string): number =>
  times.get(name)?.median ?? Number.NaN;

/** How many times faster than `ss -tunap` something is; not a number where ss is not installed. */
export const ratioOverSs = (result: CaseResult, name: string): number =>
  medianOf(result, ss.name) / medianOf(result, name);

const overSs = (name: string) => (result: CaseResult) => ratioOverSs(result, name);

const goals: readonly Goal[] = [
  { words: 'faster than ss', sockets: 100, unit: '×', atLeast: 1, value: overSs(names.warm) },
  { words: 'faster than ss', sockets: 1000, unit: '×', atLeast: 1, value: overSs(names.warm) },
  { words: 'faster than ss', sockets: 10_000, unit: '×', atLeast: 3, value: overSs(names.warm) },
  { words: 'faster than ss', sockets: 50_000, unit: '×', atLeast: 6, value: overSs(names.warm) },
  {
    words: 'faster than ss without BPF',
    sockets: 50_000,
    unit: '×',
    atLeast: 2,
    value: overSs(names.sockDiag),
  },
  {
    words: 'the worker alone faster than ss',
    sockets: 50_000,
    unit: '×',
    atLeast: 15,
    value: overSs(names.worker),
  },
  {
    words: 'first object',
    sockets: 1000,
    unit: 'ms',
    atMost: 50,
    value: (result) => medianOf(result, names.first),
  },
  {
    words: 'first object',
    sockets: 50_000,
    unit: 'ms',
    atMost: 150,
    value: (result) => medianOf(result, names.first),
  },
  {
    words: 'peak memory of the worker',
    sockets: 50_000,
    unit: 'MB',
    atMost: 150,
    value: ({ workerMemory }) => workerMemory,
  },
];

/** Rows of a table: goal, case, bound, measured, kept. */
export function judge(results: readonly CaseResult[]): string[][] {
  return goals.flatMap((goal) =>
    results
      .filter(({ size }) => size.sockets === goal.sockets)
      .map((result) => {
        const value = goal.value(result);
        const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
        const kept = value >= atLeast && value <= atMost;
        const bound = goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
        const measured = goal.unit === '×' ? value.toFixed(1) : value.toFixed(0);
        const where = `${goal.sockets.toLocaleString('en')} in ${result.size.processes}`;
        return [
          `${goal.words}, ${where}`,
          `${bound} ${goal.unit}`,
          `${measured} ${goal.unit}`,
          kept ? 'yes' : 'NO',
        ];
      }),
  );
}
