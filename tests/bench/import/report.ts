// The section of docs/benchmarks.md about Import-PRLog.

import type { LogFormat } from '../../../ts-worker/src/logs/format/port-columns.ts';
import { table } from '../page.ts';

interface Run {
  readonly rows: number;
  readonly milliseconds: number;
  readonly first?: number;
}

export interface Result extends Run {
  /** The first time; all else is of the last. */
  readonly newShell?: Run;
  readonly memory?: number;
  readonly workerMemory?: number;
  readonly host?: string;
}

/** What a way took for a log of so many records. */
export interface Finding {
  readonly way: string;
  readonly records: number;
  readonly bytes: number;
  /** Null where the way is not there. */
  readonly result: Result | null;
}

interface OfFormat {
  readonly format: LogFormat;
  readonly all: readonly Finding[];
  /** Of a smaller log. */
  readonly few: readonly Finding[];
}

export interface Findings {
  readonly machine: string;
  readonly found: readonly OfFormat[];
}

const names: Readonly<Record<string, string>> = {
  Import: '**Import-PRLog**',
  Filter: '**Import-PRLog -LocalPort**, 1 in 10,000 kept',
  WithProcess: '**Import-PRLog -WithProcess**',
  ImportCsv: '`Import-Csv`',
  Floor: 'floor: the pipeline alone, with objects that are there',
  Split: '`[IO.File]::ReadLines`, `-split`, `[pscustomobject]`',
  uDSV: 'uDSV, in Node alone',
  papaparse: 'papaparse, in Node alone',
  'csv-parse': 'csv-parse, in Node alone',
};

const whole = (value: number | undefined): string =>
  value === undefined ? '' : Math.round(value).toLocaleString('en');

/** Records that were read, not those that were kept. */
const perSecond = (records: number, { milliseconds }: Run): number =>
  (records / milliseconds) * 1000;

const named = (findings: readonly Finding[], way: string): Finding | undefined =>
  findings.find((each) => each.way === way);

function row({ way, result, records }: Finding): string[] {
  const name = names[way] ?? way;
  if (result === null) return [name, whole(records), 'not there', '', '', '', '', '', ''];
  const { milliseconds, first, newShell, memory, workerMemory } = result;
  const rate = whole(perSecond(records, result));
  const rateInNew = newShell === undefined ? '' : whole(perSecond(records, newShell));
  const peaks = [whole(memory), whole(workerMemory)];
  const inNew = [rateInNew, whole(newShell?.first)];
  return [name, whole(records), rate, whole(milliseconds), whole(first), ...inNew, ...peaks];
}

/** How many times as much memory a log takes that is so many times as large. */
function growth({ all, few }: OfFormat): number {
  const peak = (findings: readonly Finding[]): number => {
    const { memory, workerMemory } = named(findings, 'Import')?.result ?? {};
    return (memory ?? Number.NaN) + (workerMemory ?? Number.NaN);
  };
  return peak(all) / peak(few);
}

function goals({ found }: Findings): string {
  const rate = (format: LogFormat, way: string): number => {
    const all = found.find((each) => each.format === format)?.all ?? [];
    const { result, records } = named(all, way) ?? {};
    return result && records ? perSecond(records, result) : Number.NaN;
  };
  const first = found.map(({ all }) => named(all, 'Import')?.result?.newShell?.first ?? Number.NaN);
  const most = Math.max(...found.map(growth));
  const times = rate('Extended', 'Import') / rate('Extended', 'ImportCsv');
  const judge = (is: boolean) => (is ? 'met' : 'not met');
  const rows: [string, string, boolean][] = [
    [
      'extended: 200,000 records/s',
      whole(rate('Extended', 'Import')),
      rate('Extended', 'Import') >= 200_000,
    ],
    [
      'legacy: 300,000 records/s',
      whole(rate('Legacy', 'Import')),
      rate('Legacy', 'Import') >= 300_000,
    ],
    [
      'extended: 5 times Import-Csv',
      Number.isNaN(times) ? 'no Import-Csv' : times.toFixed(1),
      times >= 5,
    ],
    [
      'a filter: 1,000,000 records/s',
      whole(rate('Extended', 'Filter')),
      rate('Extended', 'Filter') > 1_000_000,
    ],
    ['memory of both: 1.1 times for 5 times the records', most.toFixed(2), most <= 1.1],
    ['first object, in a new shell: 300 ms', whole(Math.max(...first)), Math.max(...first) <= 300],
  ];
  return table(
    ['goal', 'measured', ''],
    rows.map(([goal, is, met]) => [goal, is, judge(met)]),
  );
}

export function writeReport(findings: Findings): string {
  const { machine, found } = findings;
  const [first] = found;
  const tables = found.map(({ format, all, few }) => {
    const inNew = ['records/s in a new shell', 'first there, ms'];
    const peaks = ['PowerShell, MB', 'worker, MB'];
    const head = ['', 'records', 'records/s', 'ms', 'first, ms', ...inNew, ...peaks];
    const megabytes = whole((all[0]?.bytes ?? 0) / 1e6);
    return `### ${format}, ${megabytes} MB\n\n${table(head, [...all, ...few].map(row))}`;
  });
  return [
    '## Import-PRLog',
    `Records of PR-PORTS to objects in a pipeline that forgets them. ${machine}`,
    `${named(first?.all ?? [], 'Import')?.result?.host ?? ''}. After ten seconds of the same in one ` +
      'shell where nothing else is said; in a new shell .NET first compiles what runs often. Memory is ' +
      'the peak of each process.',
    ...tables,
    '### Goals',
    goals(findings),
  ].join('\n\n');
}
