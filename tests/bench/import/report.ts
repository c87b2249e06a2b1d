// The section of docs/benchmarks.md about Import-PRLog.

import type { LogFormat } from '../../../ts-worker/src/logs/format/port-columns.ts';
import { table } from '../page.ts';

export interface Result {
  readonly rows: number;
  readonly milliseconds: number;
  readonly first?: number;
  readonly memory?: number;
  readonly workerMemory?: number;
  readonly host?: string;
}

export interface Findings {
  readonly machine: string;
  readonly records: number;
  readonly found: readonly {
    readonly format: LogFormat;
    readonly bytes: number;
    readonly results: ReadonlyMap<string, Result | null>;
  }[];
}

const names: Readonly<Record<string, string>> = {
  Import: '**Import-PRLog**',
  Filter: '**Import-PRLog -LocalPort**, 1 in 10,000 kept',
  WithProcess: '**Import-PRLog -WithProcess**',
  ImportCsv: '`Import-Csv`',
  Split: '`[IO.File]::ReadLines`, `-split`, `[pscustomobject]`',
  uDSV: 'uDSV, in Node alone',
  papaparse: 'papaparse, in Node alone',
  'csv-parse': 'csv-parse, in Node alone',
};

const whole = (value: number | undefined): string =>
  value === undefined ? '' : Math.round(value).toLocaleString('en');

/** Records that were read, not those that were kept. */
const perSecond = (records: number, { milliseconds }: Result): number =>
  (records / milliseconds) * 1000;

function row(way: string, result: Result | null, records: number): string[] {
  const name = names[way] ?? way;
  if (result === null) return [name, 'not there', '', '', '', ''];
  const { milliseconds, first, memory, workerMemory } = result;
  const rate = whole(perSecond(records, result));
  return [name, rate, whole(milliseconds), whole(first), whole(memory), whole(workerMemory)];
}

function goals({ found, records }: Findings): string {
  const rate = (format: LogFormat, way: string): number => {
    const result = found.find((each) => each.format === format)?.results.get(way) ?? null;
    return result === null ? Number.NaN : perSecond(records, result);
  };
  const first = found.map(({ results }) => results.get('Import')?.first ?? Number.NaN);
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
    ['first object: 300 ms', whole(Math.max(...first)), Math.max(...first) <= 300],
  ];
  return table(
    ['goal', 'measured', ''],
    rows.map(([goal, is, met]) => [goal, is, judge(met)]),
  );
}

export function writeReport(findings: Findings): string {
  const { machine, records, found } = findings;
  const [first] = found;
  const tables = found.map(({ format, bytes, results }) => {
    const head = ['', 'records/s', 'ms', 'first, ms', 'PowerShell, MB', 'worker, MB'];
    const rows = [...results].map(([way, result]) => row(way, result, records));
    return `### ${format}, ${whole(bytes / 1e6)} MB\n\n${table(head, rows)}`;
  });
  return [
    '## Import-PRLog',
    `${whole(records)} records of PR-PORTS to objects in a pipeline that forgets them. ${machine}`,
    first?.results.get('Import')?.host ?? '',
    ...tables,
    '### Goals',
    goals(findings),
  ].join('\n\n');
}
