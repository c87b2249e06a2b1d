// Watching by the kernel's events: they drive the model; now and then, and after every loss, the model
// is held against the tables.

import { UserNames } from '../../../native/linux/users.ts';
import { NamespaceNames } from '../endpoints/linux-namespaces.ts';
import type { Change } from '../model/change.ts';
import { compileFilter } from '../model/filter/filter.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { OwnedEndpoint, Snapshots } from '../snapshot/snapshot.ts';
import { BootClock } from '../time/boot-clock.ts';
import { Capture, type CaptureSettings, type RecordVisitor } from './capture.ts';
import { EndpointModel } from './endpoint-model.ts';
import { Images } from './images.ts';
import { KernelEvent } from './kernel-event.ts';
import { leastRest, nextInterval } from './pace.ts';
import { type Reading, Reconciler } from './reconcile.ts';
import type { ActivityListener, ActivitySource } from './source.ts';

const everything = compileFilter({});
/** Milliseconds after which a port that no event told is looked up in the tables. */
const lookUpAfter = 60;

export class KernelSource implements ActivitySource {
  readonly name = 'Kernel';
  readonly #snapshots: Snapshots;
  readonly #settings: CaptureSettings;
  readonly #images: Images;
  readonly #model: EndpointModel;
  readonly #reconciler: Reconciler;
  readonly #clock = new BootClock();
  readonly #event: KernelEvent;
  #names = new NamespaceNames();
  #capture: Capture | null = null;
  #listener: ActivityListener | null = null;
  #timer: NodeJS.Timeout | undefined;
  #lookUp: NodeJS.Timeout | undefined;
  #lost = 0;
  /** Events that came before the first reading of the tables was in the model. */
  #early: ((visit: RecordVisitor) => void)[] | null = [];
  #work: Promise<void> = Promise.resolve();
  #interval = 0;
  #lastRead: Pick<Reading, 'start' | 'end'> = { start: 0, end: 0 };

  constructor(snapshots: Snapshots, processes: ProcessReader, settings: CaptureSettings) {
    this.#snapshots = snapshots;
    this.#settings = settings;
    this.#images = new Images(processes, new UserNames());
    this.#model = new EndpointModel(this.#images);
    this.#reconciler = new Reconciler(this.#model);
    this.#event = new KernelEvent((inode) => this.#nameOf(inode));
  }

  async start(listener: ActivityListener): Promise<readonly OwnedEndpoint[]> {
    this.#listener = listener;
    this.#capture = await Capture.open(this.#settings, {
      events: (visitAll, lost) => this.#receive(visitAll, lost),
      failed: (error) => listener.failed(error),
    });
    for (const { name, usable, reason } of this.#capture.programs) {
      if (!usable) listener.note(`The kernel program ${name} can't be used: ${reason}`);
    }
    const reading = await this.#read();
    this.#reconciler.begin(reading);
    for (const visitAll of this.#early ?? []) this.#applyAll(visitAll, reading.end);
    this.#early = null;
    this.#flushSoon();
    this.#plan(reading);
    return reading.rows;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    clearTimeout(this.#lookUp);
    this.#listener = null;
    await this.#capture?.stop();
    await this.#work;
  }

  /** Names of namespaces are read again when an unknown one turns up. */
  #nameOf(inode: number): string {
    if (!this.#names.has(inode)) this.#names = new NamespaceNames();
    return this.#names.of(inode);
  }

  #receive(visitAll: (visit: RecordVisitor) => void, lost: number): void {
    if (this.#early !== null) {
      this.#early.push(visitAll);
      return;
    }
    this.#applyAll(visitAll, 0);
    this.#noteLoss(lost);
    this.#flushSoon();
  }

  /** Until `settledAt` (since boot) the tables, and not the events, said what there was. */
  #applyAll(visitAll: (visit: RecordVisitor) => void, settledAt: number): void {
    const event = this.#event;
    this.#followClock();
    event.bootMoment = this.#clock.bootMoment;
    visitAll((view, offset) => {
      event.view = view;
      event.offset = offset;
      if (settledAt === 0 || event.sinceBoot > settledAt) this.#model.apply(event);
      else this.#model.applyEarly(event);
    });
  }

  #noteLoss(lost: number): void {
    if (lost === this.#lost) return;
    const missed = lost - this.#lost;
    this.#lost = lost;
    const reason = 'the kernel had no room left in its ring of events';
    const time = this.#clock.now();
    this.#model.report({ kind: 'Gap', time, missed, reason, source: 'Kernel' });
    this.#reconcileSoon(0);
  }

  #followClock(): void {
    for (const { kind, by } of this.#clock.check()) {
      const seconds = (by / 1000).toFixed(1);
      const what = kind === 'ClockSet' ? `The clock was set by ${seconds} s` : null;
      this.#listener?.note(what ?? `The machine was suspended for ${seconds} s`);
    }
  }

  /** One after the other: facts are read first, so that no change goes out without its process. */
  #flushSoon(): void {
    const changes = this.#model.takeChanges();
    this.#images.forget(this.#clock.sinceBoot());
    if (this.#model.hasUnknownPorts(this.#lastRead.start)) this.#lookUpSoon();
    if (changes.length === 0) return;
    this.#work = this.#work.then(() => this.#flush(changes)).catch((error) => this.#fail(error));
  }

  async #flush(changes: readonly Change[]): Promise<void> {
    await this.#images.readWanted();
    this.#listener?.changes(changes);
  }

  #fail(error: unknown): void {
    this.#listener?.failed(error);
  }

  #lookUpSoon(): void {
    if (this.#lookUp !== undefined || this.#listener === null) return;
    const { start, end } = this.#lastRead;
    const rested = this.#clock.sinceBoot() - end;
    const delay = Math.max(lookUpAfter, leastRest(end - start) - rested);
    this.#lookUp = setTimeout(() => this.#reconcileSoon(0), delay);
  }

  #plan({ start, end }: Reading): void {
    const interval = nextInterval(end - start);
    if (interval > 30_000 && interval !== this.#interval) {
      const seconds = Math.round(interval / 1000);
      this.#listener?.note(`The tables are large: they are compared every ${seconds} s only`);
    }
    this.#interval = interval;
    this.#reconcileSoon(interval);
  }

  #reconcileSoon(delay: number): void {
    if (this.#listener === null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#reconcile().catch((error) => this.#fail(error));
    }, delay);
  }

  async #reconcile(): Promise<void> {
    clearTimeout(this.#lookUp);
    const reading = await this.#read();
    this.#lookUp = undefined;
    await this.#capture?.drain();
    this.#reconciler.compare(reading, this.#clock.now());
    this.#flushSoon();
    this.#plan(reading);
  }

  async #read(): Promise<Reading> {
    const start = this.#clock.sinceBoot();
    const options = { filter: everything, modules: false, source: null };
    const { rows } = await this.#snapshots.take(options);
    this.#names = new NamespaceNames();
    this.#lastRead = { start, end: this.#clock.sinceBoot() };
    return { rows, ...this.#lastRead };
  }
}
