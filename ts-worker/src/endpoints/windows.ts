// Windows: the extended TCP and UDP tables, which tell every user the pid behind every socket.

import {
  readBoundTable,
  readOwnerModule,
  readSocketTable,
} from '../../../native/windows/iphlpapi.ts';
import { isElevated } from '../../../native/windows/own-token.ts';
import { type ListedProcess, listProcesses } from '../../../native/windows/process-list.ts';
import { listServices, type RunningService } from '../../../native/windows/services.ts';
import type { RowLayout } from '../../../native/windows/socket-layout.ts';
import type { SocketRow } from '../../../native/windows/socket-rows.ts';
import { AddressFormatter } from '../model/address.ts';
import type { EndpointReader, Holder, OpenSocket, SocketTable, TableOptions } from './source.ts';
import { readRows, type Surroundings } from './windows-rows.ts';
import {
  chosenSources,
  type FilledTable,
  SocketTables,
  type TableCalls,
} from './windows-tables.ts';

export interface EndpointCalls extends TableCalls {
  readOwnerModule(layout: RowLayout, row: Uint8Array): string | null;
  listServices(): readonly RunningService[] | null;
  listProcesses(): ReadonlyMap<number, ListedProcess>;
  isElevated(): boolean;
}

const windows: EndpointCalls = {
  readSocketTable,
  readBoundTable,
  readOwnerModule,
  listServices,
  listProcesses,
  isElevated,
};

/** One list of holders for all rows of a process. Pid 0 stands for no process; a process that
 * started after the tables were read has only taken over the pid. */
function holdersBy(
  processes: ReadonlyMap<number, ListedProcess>,
  end: number,
): (pid: number) => readonly Holder[] {
  const known = new Map<number, readonly Holder[]>([[0, []]]);
  return (pid) => {
    let holders = known.get(pid);
    if (holders === undefined) {
      const startTime = processes.get(pid)?.startTime ?? null;
      holders = startTime !== null && startTime > end ? [] : [{ pid, startTime }];
      known.set(pid, holders);
    }
    return holders;
  };
}

/** Asks Windows for the service behind a row, but only where its process hosts several: it costs
 * a call to the service control manager. A name that is none of its services is not believed. */
function serviceBy(calls: EndpointCalls): (row: SocketRow) => string | null {
  const hosted = new Map<number, RunningService[]>();
  for (const service of calls.listServices() ?? []) {
    hosted.set(service.pid, [...(hosted.get(service.pid) ?? []), service]);
  }
  return (row) => {
    const services = hosted.get(row.pid) ?? [];
    const bytes = services.length > 1 ? row.copyWithModule() : null;
    if (bytes === null) return null;
    const module = calls.readOwnerModule(row.layout, bytes)?.toLowerCase();
    return services.find(({ name }) => name.toLowerCase() === module)?.name ?? null;
  };
}

/** A connected or listening socket stands in the table of bound ones too: it counts once. */
function onlyBound(bound: readonly OpenSocket[], others: readonly OpenSocket[]): OpenSocket[] {
  const key = ({ family, localPort, holders }: OpenSocket) =>
    `${family} ${localPort} ${holders[0]?.pid}`;
  const known = new Set(others.filter(({ protocol }) => protocol === 'TCP').map(key));
  return bound.filter((socket) => !known.has(key(socket)));
}

function decode(filled: FilledTable[], around: Surroundings, notes: string[]): OpenSocket[] {
  return filled.flatMap(({ layout, table }) => {
    const { sockets, unknownStates } = readRows(table, layout, around);
    if (unknownStates.length > 0) {
      const numbers = [...new Set(unknownStates)].join(', ');
      notes.push(`${unknownStates.length} row(s) in a state not known (${numbers}) are left out.`);
    }
    return sockets;
  });
}

export class WindowsEndpoints implements EndpointReader {
  readonly #calls: EndpointCalls;
  readonly #tables: SocketTables;

  constructor(calls: EndpointCalls) {
    this.#calls = calls;
    this.#tables = new SocketTables(calls);
  }

  read(options: TableOptions): SocketTable<readonly OpenSocket[]> {
    const notes: string[] = [];
    const start = Date.now();
    const filled = this.#tables.read(chosenSources(options.source), notes);
    const filledBound = this.#tables.readBound(notes);
    const end = Date.now();
    const around = {
      addresses: new AddressFormatter(),
      holdersOf: holdersBy(this.#calls.listProcesses(), end),
      serviceOf: serviceBy(this.#calls),
    };
    const sockets = decode(filled, around, notes);
    for (const socket of onlyBound(decode(filledBound, around, notes), sockets))
      sockets.push(socket);
    const source = filled[0]?.source ?? 'OwnerPid';
    const said = [`Read by ${source}.`, ...notes];
    const read = { source, start, end, sockets, closed: [] };
    return { ...read, elevated: this.#calls.isElevated(), notes: said };
  }

  /** Nothing is held open between reads. */
  close(): void {}
}

export function createWindowsEndpoints(calls: EndpointCalls = windows): WindowsEndpoints {
  return new WindowsEndpoints(calls);
}
