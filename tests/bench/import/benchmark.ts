// The import benchmark: Import-PRLog beside other ways to make objects of the same file.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findPowerShell, type PowerShell } from '../../../build/tasks/powershell.ts';
import { say } from '../../../build/tasks/shell.ts';
import { type LogFormat, portColumns } from '../../../ts-worker/src/logs/format/port-columns.ts';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { type MadeLogs, makeLogs } from './logs.ts';
import { type Finding, type Result, writeReport } from './report.ts';

const allRecords = 1_000_000;
/** For ways that would take minutes, and to see what memory does with the size. */
const fewRecords = 200_000;
const rounds = 3;
const formats: readonly LogFormat[] = ['Extended', 'Legacy'];
const ways = ['Import', 'Filter', 'ImportCsv', 'Floor'];
const waysOfFew = ['Import', 'WithProcess', 'Split'];
const parsers = ['uDSV', 'papaparse', 'csv-parse'];
/** Milliseconds after which a way that is slower is measured once only. */
const longestRound = 8000;

interface Place {
  readonly root: string;
  readonly folder: string;
  readonly powershell: PowerShell;
}

/** The packages to compare with go into a folder of the bench, not among the dependencies. */
function installParsers(folder: string): void {
  if (existsSync(join(folder, 'node_modules/udsv'))) return;
  say('Installing uDSV, papaparse and csv-parse to compare with (first time only)…');
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund'];
  const packages = ['udsv@0.7', 'papaparse@5', 'csv-parse@6'];
  spawnSync('npm', [...args, '--ignore-scripts', ...packages], { stdio: 'ignore' });
}

function runOnce(program: string, args: readonly string[]): Result | null {
  const { stdout } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const line = (stdout ?? '').trim().split('\n').at(-1) ?? '';
  return line.startsWith('{') ? (JSON.parse(line) as Result) : null;
}

function commandOf(way: string, place: Place, { ports, records }: MadeLogs, columns: string) {
  if (parsers.includes(way)) {
    const script = join(place.root, 'tests/bench/import/parsers.mjs');
    return { program: process.execPath, args: [script, place.folder, way, ports, columns] };
  }
  const script = join(place.root, 'tests/bench/import/measure.ps1');
  const { program, args } = place.powershell;
  const manifest = join(place.root, 'PortReporter.psd1');
  const how = [manifest, way, ports, columns, String(records)];
  return { program, args: [...args, '-File', script, ...how] };
}

/** What a round of a way took. Null where it is not there (Import-Csv without pwsh, a package that
 * can't be had). */
function measure(way: string, place: Place, made: MadeLogs, format: LogFormat): Result | null {
  say(`${format}, ${made.records} records, ${way}…`);
  const { program, args } = commandOf(way, place, made, portColumns(format).join());
  const result = runOnce(program, args);
  if (result === null || result.rows === 0) return null; // no such command
  // Some take the lines of the header for records, too.
  if (way !== 'Filter' && result.rows < made.records) {
    throw new Error(`${way} made ${result.rows} objects of ${made.records} records.`);
  }
  return result;
}

/** The rounds of all ways are interleaved, so that a busy minute does not meet one of them alone. */
function measureRounds(names: readonly string[], measureOne: (way: string) => Result | null) {
  const all = new Map<string, Result[]>(names.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, results] of all) {
      const isMissing = round > 0 && results.length === 0;
      if (isMissing || results.some(({ milliseconds }) => milliseconds > longestRound)) continue;
      const result = measureOne(way);
      if (result !== null) results.push(result);
    }
  }
  return all;
}

function median(results: readonly Result[]): Result | null {
  const sorted = results.toSorted((a, b) => a.milliseconds - b.milliseconds);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function measureAll(format: LogFormat, records: number, names: readonly string[], place: Place) {
  const logs = join(place.folder, format);
  mkdirSync(logs, { recursive: true });
  const made = makeLogs(logs, format, records);
  const bytes = statSync(made.ports).size;
  const found = measureRounds(names, (way) => measure(way, place, made, format));
  rmSync(logs, { recursive: true });
  return [...found].map(([way, results]): Finding => {
    return { way, records, bytes, result: median(results) };
  });
}

async function run(root: string, sizes: readonly number[] | null): Promise<string> {
  if (process.platform !== 'linux') throw new Error('The import benchmark runs on Linux only.');
  const folder = join(root, '.cache/bench/import');
  mkdirSync(folder, { recursive: true });
  installParsers(folder);
  const place = { root, folder, powershell: await findPowerShell(root) };
  const records = sizes?.[0] ?? allRecords;
  const few = Math.min(fewRecords, Math.floor(records / 5));
  const machine = describeMachine();
  const found = formats.map((format) => ({
    format,
    all: measureAll(format, records, [...ways, ...parsers], place),
    few: measureAll(format, few, waysOfFew, place),
  }));
  return writeReport({ machine, found });
}

export const importBenchmark: Benchmark = { name: 'import', run };
