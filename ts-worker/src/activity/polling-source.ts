// Watching by comparing the tables again and again: works everywhere, and misses what comes and goes
// between two readings. Where the system tells of closed sockets, that they were there is known, too,
// though not whose they were.

import type { Change, EndpointChange } from '../model/change.ts';
import { compileFilter } from '../model/filter/filter.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { OwnedEndpoint } from '../snapshot/rows.ts';
import type { Snapshots } from '../snapshot/snapshot.ts';
import type { BootClock } from '../time/boot-clock.ts';
import { nobody } from './image.ts';
import type {
  ActivityListener,
  ActivityOptions,
  ActivitySource,
  ClosedEndpoint,
  ClosedEndpoints,
} from './source.ts';
import { ClockFollower, moverOf } from './start-times.ts';
import { StopSignal } from './stop-signal.ts';
import { byKey, differences, type Known } from './table-difference.ts';
import { WatchedProcesses } from './watched-processes.ts';

const everything = compileFilter({});

/** A socket that no reading showed: it came and went, at some time before now. */
function* wentBy({ endpoint }: ClosedEndpoint, time: number): Generator<EndpointChange> {
  for (const kind of ['Appeared', 'Disappeared'] as const) {
    const before = { previousState: null, previousOwner: null };
    yield { kind, time, endpoint, ownership: nobody, ...before, source: 'Inferred' };
  }
}

/** What not every system has. */
export interface PollingHelp {
  readonly closed: ClosedEndpoints | null;
  readonly clock: BootClock | null;
}

export class PollingSource implements ActivitySource {
  readonly name = 'Polling';
  readonly #snapshots: Snapshots;
  readonly #interval: number;
  readonly #watched: WatchedProcesses;
  readonly #closed: ClosedEndpoints | null;
  readonly #clock: BootClock | null;
  #follower: ClockFollower | null = null;
  #known: Known = new Map();
  #listener: ActivityListener | null = null;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  readonly #stop = new StopSignal();

  /** `clock`: where start times of processes are counted from boot. */
  constructor(
    snapshots: Snapshots,
    reader: ProcessReader,
    options: ActivityOptions,
    { closed, clock }: PollingHelp,
  ) {
    this.#clock = clock;
    this.#snapshots = snapshots;
    this.#interval = options.interval;
    this.#watched = new WatchedProcesses(reader, options.watchedProcesses);
    this.#closed = closed;
  }

  async start(listener: ActivityListener): Promise<readonly OwnedEndpoint[]> {
    this.#listener = listener;
    if (this.#clock !== null) {
      this.#follower = new ClockFollower(this.#clock, (text) => listener.note(text));
    }
    const rows = await this.#read();
    this.#known = byKey(rows);
    await this.#watched.exited(Date.now());
    this.#plan(Date.now());
    return rows;
  }

  async caughtUp(): Promise<void> {
    await this.#polling;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#listener = null;
    this.#stop.give('stopped');
    await this.#polling;
    this.#closed?.close();
  }

  /** Every interval, counted from the last reading's start; at least half of it is rest. */
  #plan(started: number): void {
    if (this.#listener === null) return;
    const delay = Math.max(this.#interval / 2, started + this.#interval - Date.now());
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().catch((error) => this.#listener?.failed(error));
    }, delay);
  }

  async #read(): Promise<readonly OwnedEndpoint[]> {
    const options = { filter: everything, modules: false, source: null, named: true };
    return [...(await this.#snapshots.take(options)).rows];
  }

  #followClock(): void {
    const by = this.#follower?.follow() ?? 0;
    if (by === 0) return;
    const moved = moverOf(by);
    this.#known = new Map(
      [...this.#known].map(([key, row]) => [key, { ...row, ownership: moved(row.ownership) }]),
    );
    this.#watched.moveStartTimes(by);
  }

  async #poll(): Promise<void> {
    await this.#stop.orWhen(this.#listener?.ready());
    this.#followClock();
    const started = Date.now();
    // Before the tables: what was closed and stands in them all the same is in TIME_WAIT.
    const { closed, lost } = this.#closed?.take() ?? { closed: [], lost: false };
    const after = byKey(await this.#read(), this.#known);
    const changes: Change[] = [];
    if (lost) changes.push(noticesLost(started));
    for (const each of closed) {
      const isSeen = this.#known.has(each.cookie) || after.has(each.cookie);
      if (!isSeen) changes.push(...wentBy(each, started));
    }
    changes.push(...differences(this.#known, after, started));
    this.#known = after;
    changes.push(...(await this.#watched.exited(started)));
    if (changes.length > 0) this.#listener?.changes(changes);
    this.#plan(started);
  }
}

const noticesLost = (time: number): Change => ({
  kind: 'Gap',
  time,
  missed: null,
  reason: 'the kernel had no room left for its notices of closed sockets',
  source: 'Polling',
});
