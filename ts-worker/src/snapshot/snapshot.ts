// A snapshot: all endpoints with their owners at one moment, filtered and in order.

import { heldUnseen, SocketColumns } from '../endpoints/socket-columns.ts';
import type { EndpointReader, Holder, SocketTable } from '../endpoints/source.ts';
import { everything, type Filter } from '../model/filter/filter.ts';
import type { ProcessFacts } from '../model/process.ts';
import { isSameStart, type Ownership } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import { inOrder } from './order.ts';
import { factsOf, ownershipsOf } from './ownership.ts';
import { SnapshotRows } from './rows.ts';

export interface SnapshotOptions {
  readonly filter: Filter;
  readonly modules: boolean;
  readonly source: string | null;
  /** As in TableOptions. */
  readonly named?: boolean;
  readonly timeWaits?: boolean;
}

export interface Snapshot {
  readonly table: SocketTable;
  readonly rows: SnapshotRows;
  /** Rows whose owner exists but may not be seen with the rights we have. */
  readonly hidden: number;
  /** Endpoints that are not among the rows though they might be what was asked for: which process has
   * them may not be seen. */
  readonly unjudged: number;
}

/** Windows tells everybody a process's id and name, and may deny the rest. */
const isDenied = ({ name, user }: ProcessFacts): boolean => name !== null && user === null;

/** Processes that are read together: some have much in common. */
const manyProcesses = 64;

/** Reads the facts of each holder once, though holders become known in parts. */
class FactsOfHolders {
  readonly #processes: ProcessReader;
  readonly #asked = new Set<number>();
  readonly #answers: Promise<Map<number, ProcessFacts>>[] = [];
  #waiting = new Set<number>();

  constructor(processes: ProcessReader) {
    this.#processes = processes;
  }

  /** The owner is one of all the holders of a socket, also where only one of them is asked for. */
  ask(lists: readonly (readonly Holder[])[], { processId }: Filter): void {
    const isWanted = ({ pid }: Holder) => processId === null || processId(pid);
    for (const { pid } of lists.filter((list) => list.some(isWanted)).flat()) {
      if (!this.#asked.has(pid)) this.#waiting.add(pid);
      this.#asked.add(pid);
    }
    if (this.#waiting.size >= manyProcesses) this.#read();
  }

  #read(): void {
    const answer = this.#processes.read(this.#waiting, { modules: false });
    answer.catch(() => {}); // known() says it, which is asked only when the tables are read
    this.#answers.push(answer);
    this.#waiting = new Set();
  }

  async known(): Promise<Map<number, ProcessFacts>> {
    if (this.#waiting.size > 0) this.#read();
    return new Map((await Promise.all(this.#answers)).flatMap((each) => [...each]));
  }
}

function passEndpoint(sockets: SocketColumns, { endpoint }: Filter): Uint32Array {
  const places = sockets.places();
  return endpoint === everything ? places : places.filter((place) => endpoint(sockets.at(place)));
}

/** For each list of holders, whether its sockets pass what the facts of a holder answer. One holder must
 * pass all filters: `-ProcessId 1 -User www` is not answered by a socket that pid 1 and another process
 * of www share. */
function passHolders(
  lists: SocketColumns['holderLists'],
  { processId, process }: Filter,
  facts: ReadonlyMap<number, ProcessFacts>,
): boolean[] {
  const passes = (holder: Holder): boolean => {
    if (processId !== null && !processId(holder.pid)) return false;
    if (process === null) return true;
    const found = factsOf(holder, facts);
    return found !== null && process(found);
  };
  return lists.map((holders) => holders.some(passes));
}

function withModules(ownership: Ownership, modules: ReadonlyMap<number, ProcessFacts>): Ownership {
  const { owner } = ownership;
  if (owner === null) return ownership;
  const later = modules.get(owner.pid); // another process may have the pid by now
  const isOwner = later !== undefined && isSameStart(later.startTime, owner.startTime);
  return { ...ownership, owner: { ...owner, modules: isOwner ? later.modules : null } };
}

/** How many of the places have each list of holders. By index: there are tens of thousands, and it is
 * seldom done, so it runs as slowly as V8 begins. */
function countByList({ holders, holderLists }: SocketColumns, places: Uint32Array): Uint32Array {
  const counts = new Uint32Array(holderLists.length);
  for (let i = 0; i < places.length; i++) {
    const list = holders[places[i] ?? 0] ?? 0;
    counts[list] = (counts[list] ?? 0) + 1;
  }
  return counts;
}

const sumOf = (counts: Uint32Array, isMeant: (list: number) => boolean): number =>
  counts.reduce((sum, count, list) => (isMeant(list) ? sum + count : sum), 0);

export class Snapshots {
  readonly #endpoints: EndpointReader;
  readonly #processes: ProcessReader;

  constructor(endpoints: EndpointReader, processes: ProcessReader) {
    this.#endpoints = endpoints;
    this.#processes = processes;
  }

  async take(options: SnapshotOptions): Promise<Snapshot> {
    const read = await this.read(options);
    const { sockets, places } = read.rows;
    return { ...read, rows: read.rows.at(inOrder(sockets, places)) };
  }

  /** The same in no order. */
  async read(options: SnapshotOptions): Promise<Snapshot> {
    const { filter, modules, source, named = false, timeWaits = true } = options;
    const { endpoint, processId, process } = filter;
    const facts = new FactsOfHolders(this.#processes);
    let heard = 0;
    // Facts are read while the kernel still looks for more, but not where most may be filtered out.
    const onHeld = ({ holderLists }: SocketColumns) => {
      if (endpoint !== everything) return;
      facts.ask(holderLists.slice(heard), filter);
      heard = holderLists.length;
    };
    const table = await this.#endpoints.read({ source, named, timeWaits, onHeld });
    const sockets = SocketColumns.of(table.sockets);
    const { holders, holderLists } = sockets;
    const passed = passEndpoint(sockets, filter);
    const counts = countByList(sockets, passed);
    facts.ask(
      holderLists.filter((_, list) => counts[list]),
      filter,
    );
    const known = await facts.known();
    const byProcess = processId !== null || process !== null;
    const isPassed = byProcess ? passHolders(holderLists, filter, known) : null;
    const places = isPassed === null ? passed : passed.filter((at) => isPassed[holders[at] ?? 0]);
    const rows = new SnapshotRows(sockets, places, ownershipsOf(holderLists, known));
    const isHidden = (list: number): boolean => {
      const owner = rows.ownerships[list]?.owner ?? null;
      return owner === null ? list === heldUnseen : isDenied(owner);
    };
    return {
      table,
      rows: modules ? await this.#addModules(rows) : rows,
      hidden: sumOf(counts, (list) => isPassed?.[list] !== false && isHidden(list)),
      unjudged: byProcess ? (counts[heldUnseen] ?? 0) : 0,
    };
  }

  /** Modules are read last and of owners alone: they cost as much as all else together. */
  async #addModules(rows: SnapshotRows): Promise<SnapshotRows> {
    const counts = countByList(rows.sockets, rows.places);
    const owners = rows.ownerships.filter((_, list) => counts[list]);
    const pids = new Set(owners.flatMap(({ owner }) => owner?.pid ?? []));
    const facts = await this.#processes.read(pids, { modules: true });
    const complete = rows.ownerships.map((ownership) => withModules(ownership, facts));
    return new SnapshotRows(rows.sockets, rows.places, complete);
  }
}
