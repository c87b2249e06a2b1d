// Records of PR-PIDS and PR-INITIAL as the conversation sends them: many on a line, their endpoints
// behind each other as columns, with how many belong to each (docs/protocol.md). An endpoint has
// the time of its process, which stands there once.

import type { LoggedEndpoint } from '../logs/format/endpoint-row.ts';
import type { ProcessRecord } from '../logs/read/process-record.ts';
import type { PortStatistics } from '../model/statistics.ts';
import { toIso } from '../time/iso.ts';
import { ownerProperties } from './templates.ts';

/** As PowerShell calls them. */
export const statisticsProperties = ({ tcpMappings, udpMappings, states }: PortStatistics) => ({
  TcpMappings: tcpMappings,
  UdpMappings: udpMappings,
  States: states.map(({ state, count, percent }) => ({
    State: state,
    Count: count,
    Percent: percent,
  })),
});

function propertiesOf(record: ProcessRecord): object {
  const { owner, kind, computerName, operatingSystem } = record;
  const own = {
    Time: toIso(record.time),
    OwningProcess: owner?.pid ?? null,
    ProcessName: owner?.name ?? null,
    User: owner?.user ?? null,
    Services: owner?.services ?? null,
    Statistics: statisticsProperties(record.statistics),
    Modules: owner?.modules ?? null,
    File: record.file,
    LineNumber: record.lineNumber,
  };
  if (kind === 'PR-PIDS') return own;
  return { ...own, ComputerName: computerName, OperatingSystem: operatingSystem };
}

function templateOf({ endpoint, attribution }: LoggedEndpoint, { owner }: ProcessRecord) {
  return {
    Protocol: endpoint.protocol,
    AddressFamily: endpoint.family,
    State: endpoint.state,
    Namespace: endpoint.namespace,
    ...ownerProperties({ owner, sharedWith: null, attribution: attribution ?? 'None' }),
    Attribution: attribution,
    Modules: null, // they stand once, on the process
  };
}

/** For two of one owner. */
const haveOneTemplate = (a: LoggedEndpoint, b: LoggedEndpoint): boolean =>
  a.endpoint.state === b.endpoint.state &&
  a.endpoint.protocol === b.endpoint.protocol &&
  a.endpoint.family === b.endpoint.family &&
  a.endpoint.namespace === b.endpoint.namespace &&
  a.attribution === b.attribution;

/** As columns of texts and numbers: an entry has few endpoints. */
interface LoggedColumns {
  readonly LocalAddress: string[];
  readonly LocalPort: number[];
  readonly RemoteAddress: (string | null)[];
  readonly RemotePort: (number | null)[];
  readonly Template: number[];
}

interface ProcessColumns {
  readonly endpointTemplates: object[];
  readonly endpoints: LoggedColumns;
  /** How many of the endpoints belong to each process, one process after the other. */
  readonly counts: number[];
}

class Endpoints implements ProcessColumns {
  readonly endpointTemplates: object[] = [];
  readonly counts: number[] = [];
  readonly endpoints: LoggedColumns = {
    LocalAddress: [],
    LocalPort: [],
    RemoteAddress: [],
    RemotePort: [],
    Template: [],
  };
  /** By what is said of the owner, which has an entry for each second in which it did something. */
  readonly #known = new Map<string, (readonly [logged: LoggedEndpoint, template: number])[]>();

  addProcess(record: ProcessRecord): void {
    const key = JSON.stringify({ ...record.owner, modules: null });
    const known = this.#known.get(key) ?? [];
    this.#known.set(key, known);
    this.counts.push(record.endpoints.length);
    for (const logged of record.endpoints) {
      let number = known.find(([each]) => haveOneTemplate(each, logged))?.[1];
      if (number === undefined) {
        number = this.endpointTemplates.push(templateOf(logged, record)) - 1;
        known.push([logged, number]);
      }
      this.#add(logged, number);
    }
  }

  #add({ endpoint }: LoggedEndpoint, template: number): void {
    this.endpoints.LocalAddress.push(endpoint.localAddress);
    this.endpoints.LocalPort.push(endpoint.localPort);
    this.endpoints.RemoteAddress.push(endpoint.remoteAddress);
    this.endpoints.RemotePort.push(endpoint.remotePort);
    this.endpoints.Template.push(template);
  }
}

/** All of one kind. */
export function processLine(records: readonly ProcessRecord[]): object {
  const columns = new Endpoints();
  for (const record of records) columns.addProcess(record);
  const name = records[0]?.kind === 'PR-INITIAL' ? 'initial' : 'processes';
  return { [name]: records.map(propertiesOf), ...columns };
}

/** A line has so many endpoints, or a few more. */
const endpointsPerLine = 500;
const processesPerLine = 100;

/** In lines that are neither long nor of two kinds. */
export function* processLines(records: readonly ProcessRecord[]): Generator<object> {
  let line: ProcessRecord[] = [];
  let endpoints = 0;
  for (const record of records) {
    line.push(record);
    endpoints += record.endpoints.length;
    if (endpoints < endpointsPerLine && line.length < processesPerLine) continue;
    yield processLine(line);
    line = [];
    endpoints = 0;
  }
  if (line.length > 0) yield processLine(line);
}
