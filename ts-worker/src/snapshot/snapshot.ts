// A snapshot: all endpoints with their owners at one moment, filtered and in order.

import type { EndpointReader, Holder, OpenSocket, SocketTable } from '../endpoints/source.ts';
import { everything, type Filter } from '../model/filter/filter.ts';
import type { ProcessFacts } from '../model/process.ts';
import { isSameStart, type Ownership } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import { sortEndpoints } from './order.ts';
import { Ownerships } from './ownership.ts';

export interface SnapshotOptions {
  readonly filter: Filter;
  readonly modules: boolean;
  readonly source: string | null;
}

export interface OwnedEndpoint {
  readonly endpoint: OpenSocket;
  readonly ownership: Ownership;
}

export interface Snapshot {
  readonly table: SocketTable;
  readonly rows: readonly OwnedEndpoint[];
  /** Rows whose owner exists but may not be seen with the rights we have. */
  readonly hidden: number;
  /** Endpoints that are not among the rows though they might be what was asked for: which process has
   * them may not be seen. */
  readonly unjudged: number;
}

/** Windows tells everybody a process's id and name, and may deny the rest. */
const isDenied = ({ name, user }: ProcessFacts): boolean => name !== null && user === null;

const isUnjudged = ({ holders, ownerless }: OpenSocket): boolean =>
  holders.length === 0 && !ownerless;

const isHidden = ({ endpoint, ownership: { owner } }: OwnedEndpoint): boolean =>
  owner === null ? isUnjudged(endpoint) : isDenied(owner);

/** The lists of holders; neighbours mostly have the same one, which then comes once. */
function* holderLists(sockets: readonly OpenSocket[]) {
  let last: readonly Holder[] = [];
  for (const { holders } of sockets) {
    if (holders !== last) yield holders;
    last = holders;
  }
}

/** Reads the facts of each holder once, though holders become known in parts. */
class FactsOfHolders {
  readonly #processes: ProcessReader;
  readonly #asked = new Set<number>();
  readonly #answers: Promise<Map<number, ProcessFacts>>[] = [];

  constructor(processes: ProcessReader) {
    this.#processes = processes;
  }

  ask(sockets: readonly OpenSocket[]): void {
    const pids = new Set<number>();
    for (const list of holderLists(sockets)) for (const { pid } of list) pids.add(pid);
    for (const pid of this.#asked) pids.delete(pid);
    for (const pid of pids) this.#asked.add(pid);
    if (pids.size > 0) this.#answers.push(this.#processes.read(pids, { modules: false }));
  }

  async known(): Promise<Map<number, ProcessFacts>> {
    return new Map((await Promise.all(this.#answers)).flatMap((each) => [...each]));
  }
}

const passEndpoint = (sockets: readonly OpenSocket[], { endpoint }: Filter) =>
  endpoint === everything ? sockets : sockets.filter(endpoint);

/** What the endpoint and the pids of its holders answer before any process is read. */
function passEarly(sockets: readonly OpenSocket[], filter: Filter): readonly OpenSocket[] {
  const { processId } = filter;
  const passed = passEndpoint(sockets, filter);
  if (processId === null) return passed;
  return passed.filter(({ holders }) => holders.some(({ pid }) => processId(pid)));
}

/** What the facts of a holder answer. One holder must pass all filters: `-ProcessId 1 -User www` is
 * not answered by a socket that pid 1 and another process of www share. */
function passLate(sockets: readonly OpenSocket[], filter: Filter, ownerships: Ownerships) {
  const { processId, process } = filter;
  if (process === null) return sockets;
  const passes = (holder: Holder): boolean => {
    if (processId !== null && !processId(holder.pid)) return false;
    const facts = ownerships.factsOf(holder);
    return facts !== null && process(facts);
  };
  return sockets.filter(({ holders }) => holders.some(passes));
}

function withModules(ownership: Ownership, modules: ReadonlyMap<number, ProcessFacts>): Ownership {
  const { owner } = ownership;
  if (owner === null) return ownership;
  const later = modules.get(owner.pid); // another process may have the pid by now
  const isOwner = later !== undefined && isSameStart(later.startTime, owner.startTime);
  return { ...ownership, owner: { ...owner, modules: isOwner ? later.modules : null } };
}

export class Snapshots {
  readonly #endpoints: EndpointReader;
  readonly #processes: ProcessReader;

  constructor(endpoints: EndpointReader, processes: ProcessReader) {
    this.#endpoints = endpoints;
    this.#processes = processes;
  }

  async take(options: SnapshotOptions): Promise<Snapshot> {
    const read = await this.read(options);
    return { ...read, rows: sortEndpoints(read.rows) };
  }

  /** The same in no order. */
  async read({ filter, modules, source }: SnapshotOptions): Promise<Snapshot> {
    const facts = new FactsOfHolders(this.#processes);
    const onHeld = (held: readonly OpenSocket[]) => facts.ask(passEarly(held, filter));
    const table = await this.#endpoints.read({ source, onHeld });
    const sockets = passEarly(table.sockets, filter);
    facts.ask(sockets);
    const byProcess = filter.processId !== null || filter.process !== null;
    const unjudged = byProcess ? passEndpoint(table.sockets, filter).filter(isUnjudged).length : 0;
    const ownerships = new Ownerships(await facts.known());
    const passed = passLate(sockets, filter, ownerships);
    const owned = passed.map((endpoint) => ({ endpoint, ownership: ownerships.of(endpoint) }));
    const rows = modules ? await this.#addModules(owned) : owned;
    return { table, rows, hidden: owned.filter(isHidden).length, unjudged };
  }

  /** Modules are read last and of owners alone: they cost as much as all else together. */
  async #addModules(rows: readonly OwnedEndpoint[]): Promise<OwnedEndpoint[]> {
    const pids = new Set(rows.flatMap(({ ownership }) => ownership.owner?.pid ?? []));
    const facts = await this.#processes.read(pids, { modules: true });
    const known = new Map<Ownership, Ownership>();
    return rows.map(({ endpoint, ownership }) => {
      const complete = known.get(ownership) ?? withModules(ownership, facts);
      known.set(ownership, complete);
      return { endpoint, ownership: complete };
    });
  }
}
