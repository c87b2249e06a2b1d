// Logs of so many records, as a busy machine writes them: sixty processes, a thousand changes a
// second, each connection from SynSent to its end, and the entries of PR-PIDS beside them.

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  portsHeader,
  processHeader,
  type SetFacts,
  stampOf,
} from '../../../ts-worker/src/logs/format/header.ts';
import type { LogFormat } from '../../../ts-worker/src/logs/format/port-columns.ts';
import { PortLines } from '../../../ts-worker/src/logs/format/port-line.ts';
import { entryTitle, processEntry } from '../../../ts-worker/src/logs/format/process-entry.ts';
import { recordStamp, wallTime } from '../../../ts-worker/src/logs/format/wall-time.ts';
import type { EndpointChange } from '../../../ts-worker/src/model/change.ts';
import type { Endpoint, State } from '../../../ts-worker/src/model/endpoint.ts';
import type { Ownership } from '../../../ts-worker/src/model/process.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';

export interface MadeLogs {
  readonly ports: string;
  readonly processes: string;
  readonly records: number;
}

const begun = Date.UTC(2026, 6, 6, 11, 44, 4);
const perSecond = 1000;
const processes = 60;
const life: readonly (readonly [kind: EndpointChange['kind'], state: State])[] = [
  ['Appeared', 'SynSent'],
  ['Changed', 'Established'],
  ['Changed', 'CloseWait'],
  ['Disappeared', 'CloseWait'],
];

const owners: readonly Ownership[] = Array.from({ length: processes }, (_, index) => ({
  owner: {
    pid: 1000 + index,
    startTime: begun - 1_000_000 + index,
    name: `server-${index}`,
    path: `/usr/lib/servers/server-${index}/bin/server-${index}`,
    commandLine: null,
    user: index % 3 === 0 ? 'root' : 'www-data',
    services: [`server-${index}.service`],
    modules: null,
  },
  sharedWith: null,
  attribution: 'Kernel',
}));

/** The record of a number: of every fifth connection, the next step of its life. */
export function changeOf(number: number): EndpointChange {
  const step = life[Math.floor(number / 5) % life.length];
  const connection = Math.floor(number / 20) * 5 + (number % 5);
  const ownership = owners[connection % processes];
  if (step === undefined || ownership === undefined) throw new Error('no such record');
  const [kind, state] = step;
  const before = life[life.indexOf(step) - 1];
  const endpoint: Endpoint = {
    protocol: 'TCP',
    family: 'IPv4',
    localAddress: '10.20.30.40',
    localPort: 32_768 + (connection % 28_000),
    remoteAddress: `10.${connection % 7}.${connection % 250}.${connection % 199}`,
    remotePort: 443,
    state,
    namespace: 'default',
  };
  return {
    kind,
    time: begun + (number * 1000) / perSecond + (number % 997) / 1000,
    endpoint,
    ownership,
    previousState: kind === 'Changed' ? (before?.[1] ?? null) : null,
    previousOwner: null,
    source: 'Kernel',
  };
}

/** Lines in pieces of a megabyte or so. */
class Output {
  readonly #file: number;
  #waiting: string[] = [];

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(lines: readonly string[]): void {
    this.#waiting.push(...lines);
    if (this.#waiting.length > 5000) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#waiting.map((line) => `${line}\n`).join(''));
    this.#waiting = [];
  }
}

function entriesOf(changes: readonly EndpointChange[]): string[] {
  const byOwner = new Map<Ownership, EndpointChange[]>();
  for (const change of changes) {
    const own = byOwner.get(change.ownership);
    if (own === undefined) byOwner.set(change.ownership, [change]);
    else own.push(change);
  }
  const [first] = changes;
  if (first === undefined) return [];
  const stamp = recordStamp(wallTime(first.time, 0));
  return [...byOwner].flatMap(([{ owner, attribution }, own]) => {
    const endpoints = own.map(({ endpoint }) => ({ endpoint, attribution }));
    const statistics = countPorts(own.map(({ endpoint }) => endpoint));
    const modules = { kind: 'Unreadable' } as const;
    return [entryTitle(stamp), ...processEntry({ owner, endpoints, statistics, modules })];
  });
}

export function makeLogs(folder: string, format: LogFormat, records: number): MadeLogs {
  const facts: SetFacts = {
    begun,
    offset: 0,
    format,
    machine: { computerName: 'BENCH', operatingSystem: 'made up' },
    initialStamp: '26-07-6-11-44-4',
  };
  const made = {
    ports: join(folder, `PR-PORTS-${stampOf(facts)}.log`),
    processes: join(folder, `PR-PIDS-${stampOf(facts)}.log`),
    records,
  };
  const [ports, pids] = [new Output(made.ports), new Output(made.processes)];
  const lines = new PortLines(format, 0);
  ports.add(portsHeader(facts));
  pids.add(processHeader(facts));
  for (let at = 0; at < records; at += perSecond) {
    const length = Math.min(perSecond, records - at);
    const changes = Array.from({ length }, (_, index) => changeOf(at + index));
    ports.add(changes.map((change) => lines.line(change)));
    pids.add(entriesOf(changes));
  }
  ports.close();
  pids.close();
  return made;
}
