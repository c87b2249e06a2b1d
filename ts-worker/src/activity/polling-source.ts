// Watching by comparing the tables again and again: works everywhere, and misses what comes and goes
// between two readings. Endpoints are told apart by the kernel's cookie where there is one, else by
// their ends and their owner.

import type { Change, EndpointChange } from '../model/change.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { compileFilter } from '../model/filter/filter.ts';
import { isSameProcess, type Ownership, type ProcessFacts } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { OwnedEndpoint, Snapshot, Snapshots } from '../snapshot/snapshot.ts';
import type { ActivityListener, ActivityOptions, ActivitySource } from './source.ts';

const everything = compileFilter({});

type Key = number | string;

function keyOf({ endpoint, ownership }: OwnedEndpoint): Key {
  if (endpoint.cookie !== null) return endpoint.cookie;
  const { protocol, family, namespace, localAddress, localPort } = endpoint;
  const { remoteAddress, remotePort } = endpoint;
  const ends = `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
  // Listeners can share a port; a connection exists once, whoever owns it.
  const owner = remoteAddress === null ? ownership.owner?.pid : '';
  return `${protocol} ${family} ${namespace} ${ends} ${owner}`;
}

/** Rows that can't be told apart get a number behind their key. */
function byKey(rows: readonly OwnedEndpoint[]): Map<Key, OwnedEndpoint> {
  const found = new Map<Key, OwnedEndpoint>();
  for (const row of rows) {
    let key = keyOf(row);
    for (let i = 2; found.has(key); i++) key = `${keyOf(row)} #${i}`;
    found.set(key, row);
  }
  return found;
}

const sameEnds = (a: Endpoint, b: Endpoint): boolean =>
  a.state === b.state && a.remoteAddress === b.remoteAddress && a.remotePort === b.remotePort;

function* differences(
  before: ReadonlyMap<Key, OwnedEndpoint>,
  after: ReadonlyMap<Key, OwnedEndpoint>,
  time: number,
): Generator<EndpointChange> {
  const tell = (
    kind: EndpointChange['kind'],
    { endpoint, ownership }: OwnedEndpoint,
    was: OwnedEndpoint | null,
  ): EndpointChange => ({
    kind,
    time,
    endpoint,
    ownership,
    previousState: kind === 'Changed' ? (was?.endpoint.state ?? null) : null,
    previousOwner: kind === 'Reattributed' ? (was?.ownership.owner ?? null) : null,
    source: 'Polling',
  });
  for (const [key, was] of before) {
    if (!after.has(key)) yield tell('Disappeared', was, null);
  }
  for (const [key, row] of after) {
    const was = before.get(key);
    if (was === undefined) yield tell('Appeared', row, null);
    else {
      if (!sameEnds(was.endpoint, row.endpoint)) yield tell('Changed', row, was);
      if (isReattributed(was.ownership, row.ownership)) yield tell('Reattributed', row, was);
    }
  }
}

/** What nobody holds any more (TIME_WAIT) keeps its last owner. */
const isReattributed = (was: Ownership, now: Ownership): boolean =>
  now.owner !== null && !isSameProcess(was.owner, now.owner);

/** An endpoint that lost its holder is still known by it. */
function keepOwner(row: OwnedEndpoint, was: OwnedEndpoint | undefined): OwnedEndpoint {
  if (row.ownership.owner !== null || was?.ownership.owner == null) return row;
  return { ...row, ownership: { ...was.ownership, attribution: 'Cached' } };
}

function exits(
  before: ReadonlyMap<number, ProcessFacts>,
  after: ReadonlyMap<number, ProcessFacts>,
  time: number,
): Change[] {
  const gone = [...before.values()].filter(
    (was) => !isSameProcess(was, after.get(was.pid) ?? null),
  );
  return gone.map((owner) => ({
    kind: 'ProcessExited',
    time,
    ownership: { owner, sharedWith: null, attribution: 'Table' },
    source: 'Polling',
  }));
}

export class PollingSource implements ActivitySource {
  readonly name = 'Polling';
  readonly #snapshots: Snapshots;
  readonly #interval: number;
  #known: ReadonlyMap<Key, OwnedEndpoint> = new Map();
  readonly #reader: ProcessReader;
  readonly #watched: ReadonlySet<number>;
  #processes: ReadonlyMap<number, ProcessFacts> = new Map();
  #listener: ActivityListener | null = null;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();

  constructor(snapshots: Snapshots, reader: ProcessReader, options: ActivityOptions) {
    this.#snapshots = snapshots;
    this.#reader = reader;
    this.#interval = options.interval;
    this.#watched = options.watchedProcesses;
  }

  async start(listener: ActivityListener): Promise<readonly OwnedEndpoint[]> {
    this.#listener = listener;
    const { rows } = await this.#read();
    this.#known = byKey(rows);
    await this.#exited(Date.now());
    this.#plan(Date.now());
    return rows;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#listener = null;
    await this.#polling;
  }

  /** Every interval, counted from the last reading's start; at least half of it is rest. */
  #plan(started: number): void {
    if (this.#listener === null) return;
    const delay = Math.max(this.#interval / 2, started + this.#interval - Date.now());
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().catch((error) => this.#listener?.failed(error));
    }, delay);
  }

  async #read(): Promise<Snapshot> {
    return await this.#snapshots.take({ filter: everything, modules: false, source: null });
  }

  async #poll(): Promise<void> {
    const started = Date.now();
    const { rows } = await this.#read();
    const after = new Map<Key, OwnedEndpoint>();
    for (const [key, row] of byKey(rows)) after.set(key, keepOwner(row, this.#known.get(key)));
    const changes: Change[] = [...differences(this.#known, after, started)];
    this.#known = after;
    changes.push(...(await this.#exited(started)));
    if (changes.length > 0) this.#listener?.changes(changes);
    this.#plan(started);
  }

  async #exited(time: number): Promise<Change[]> {
    if (this.#watched.size === 0) return [];
    const before = this.#processes;
    this.#processes = await this.#reader.read(this.#watched, { modules: false });
    return exits(before, this.#processes, time);
  }
}
