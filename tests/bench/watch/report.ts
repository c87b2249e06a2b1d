// The section of docs/benchmarks.md about Watch-PortActivity.

import { table } from '../page.ts';
import type { Latency } from './latency.ts';
import type { Rest } from './rest.ts';
import type { Share, TrafficKind } from './share.ts';
import { nobody, type Toll } from './toll.ts';
import { lifeName, ourName } from './watchers.ts';

export interface Findings {
  readonly machine: string;
  readonly missing: readonly string[];
  /** Each traffic before all watchers, and before us alone. */
  readonly shares: readonly { readonly traffic: TrafficKind; readonly shares: readonly Share[] }[];
  readonly tolls: readonly Toll[];
  readonly latency: Latency;
  readonly rests: readonly Rest[];
}

const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;
const count = (number: number): string => number.toLocaleString('en');

function shareTable(traffic: TrafficKind, shares: readonly Share[]): string {
  const rows = shares.map(({ name, seen, right, cost, costBefore, core }) => [
    name,
    percent(seen),
    percent(right),
    cost.toFixed(0),
    percent(core, 1),
    ...(costBefore === null ? [] : [costBefore.toFixed(0)]),
  ]);
  const head = ['', 'ends seen', 'and rightly attributed', 'ms of CPU per 1,000', 'of a core'];
  if (traffic.before !== null) head.push('per 1,000 before that');
  const alone = shares.length === 1 ? ', nobody else watching' : '';
  return `#### ${traffic.name}${alone}\n\n${table(head, rows)}`;
}

function tollTable(tolls: readonly Toll[]): string {
  const base = tolls.find(({ name }) => name === nobody)?.each ?? Number.NaN;
  const rows = tolls.map(({ name, each }) => [name, each.toFixed(1), (each - base).toFixed(1)]);
  return table(['watching', 'µs for each connection', 'more than with nobody'], rows);
}

function restTable(rests: readonly Rest[]): string {
  const rows = rests.map(({ sockets, core, told, own, shared }) => [
    count(sockets),
    percent(core),
    told.toFixed(1),
    own.toFixed(0),
    shared.toFixed(0),
  ]);
  return table(
    [
      'open sockets',
      'of a core',
      'KB of changes told a second',
      'MB of its own',
      'MB shared with the kernel',
    ],
    rows,
  );
}

type Goal = readonly [words: string, bound: number, measured: number, unit: string, digits: number];

/** Watched with all others at work, or by us alone. */
const costOf = ({ shares }: Findings, name: string, steady: boolean): Share | undefined => {
  const of = shares.filter(({ traffic }) => traffic.name.includes('a second') === steady);
  const { shares: found = [] } = of[name === ourName && steady ? 1 : 0] ?? {};
  return found.find((share) => share.name === name);
};

function goalsOf(findings: Findings): readonly Goal[] {
  const { latency, rests } = findings;
  const [small, large] = rests;
  const together = findings.shares[0]?.shares ?? [];
  const costIn = (name: string) => together.find((share) => share.name === name)?.cost;
  return [
    ['at rest, 1,000 sockets', 0.1, (small?.core ?? Number.NaN) * 100, '% of a core', 2],
    ['at rest, 50,000 sockets', 2, (large?.core ?? Number.NaN) * 100, '% of a core', 2],
    ['memory, 1,000 sockets', 70, small?.own ?? Number.NaN, 'MB', 0],
    ['memory, 50,000 sockets', 120, large?.own ?? Number.NaN, 'MB', 0],
    [
      '1,000 connections a second',
      4,
      (costOf(findings, ourName, true)?.core ?? Number.NaN) * 100,
      '% of a core',
      1,
    ],
    [
      'CPU per 1,000 connections, no more than tcplife',
      costIn(lifeName) ?? Number.NaN,
      costIn(ourName) ?? Number.NaN,
      'ms',
      0,
    ],
    ['99 of 100 changes from event to object', 150, latency.ninetyNine, 'ms', 0],
  ];
}

function goalTable(findings: Findings): string {
  const rows = goalsOf(findings).map(([words, bound, measured, unit, digits]) => [
    words,
    `≤ ${Number.isInteger(bound) ? bound : bound.toFixed(Math.max(1, digits))} ${unit}`,
    `${measured.toFixed(digits)} ${unit}`,
    measured <= bound ? 'yes' : 'NO',
  ]);
  return table(['goal', 'bound', 'measured', 'kept'], rows);
}

export function writeReport(findings: Findings): string {
  const { machine, missing, shares, tolls, latency, rests } = findings;
  const lacking = missing.length === 0 ? '' : ` Not installed here: ${missing.join(', ')}.`;
  const delays = [latency.half, latency.ninetyNine, latency.most].map((each) => each.toFixed(0));
  return [
    `## Watch-PortActivity

\`npm run bench -- watch\` on ${new Date().toISOString().slice(0, 10)}: ${machine}.${lacking}

Real connections over loopback; each process that makes or accepts some writes down the truth. All
watchers of a table watch the same traffic at the same time. A connection has two ends; one is rightly
attributed where the last process that was named for it is the one that had it. CPU is that of the
watching process with its children; what the kernel's programs cost is in the time of the traffic.
For each connection the worker tells some ten changes, tcplife prints one line for each end.
Before the steady traffic counts, all watch ten seconds of the same, in which Node compiles what it
needs; what that cost stands in the last column.
A watcher is ended 1.5 s after the traffic: on a busy machine, what it had not told by then counts as not seen.`,
    '### Seen and attributed',
    ...shares.map((each) => shareTable(each.traffic, each.shares)),
    `### The cost to the traffic\n\n${tollTable(tolls)}`,
    `### At rest\n\nA watch that has run for more than a minute; the readings of the tables included. What it shares with the kernel is the ring of events (16 MB, mapped
twice in a row, so counted twice) and what the walks over the tables remember. The machine itself is at
rest only where hardly any changes were told meanwhile.\n\n${restTable(rests)}`,
    `### How soon\n\n${count(latency.changes)} changes at 100 connections a second, from the kernel's event to
the object in PowerShell ${latency.powershell}: half within ${delays[0]} ms, 99 of 100 within ${delays[1]} ms, all within ${delays[2]} ms.`,
    `### Goals of the watch\n\n${goalTable(findings)}`,
  ].join('\n\n');
}
