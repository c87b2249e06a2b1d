// Watching by the kernel's events: they drive the model; now and then, and after every loss, the model
// is held against the tables.

import { giveMemoryBack } from '../../../native/linux/libc.ts';
import { timeWaitLimit } from '../../../native/linux/time-wait-limit.ts';
import { UserNames } from '../../../native/linux/users.ts';
import { NamespaceNames } from '../endpoints/linux-namespaces.ts';
import { compileFilter } from '../model/filter/filter.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { Snapshots } from '../snapshot/snapshot.ts';
import { BootClock } from '../time/boot-clock.ts';
import { type Batch, Capture, type CaptureSettings } from './capture.ts';
import { collectAlone, collectTogether } from './collector.ts';
import { EndpointModel } from './endpoint-model.ts';
import { EventRules } from './event-rules.ts';
import { type Executing, Images } from './images.ts';
import { EventKind, KernelEvent } from './kernel-event.ts';
import { judgePrograms } from './kernel-programs.ts';
import { ModelSteps } from './model-steps.ts';
import { type Reading, Reconciler, settling } from './reconcile.ts';
import type { ActivityListener, ActivityOptions, ActivitySource, Existing } from './source.ts';
import { ClockFollower, moverOf } from './start-times.ts';
import { StopSignal } from './stop-signal.ts';
import { TableSchedule } from './table-schedule.ts';
import { needsTimeWaits } from './time-wait-need.ts';
import { WatchedProcesses } from './watched-processes.ts';

export interface KernelTools {
  readonly snapshots: Snapshots;
  readonly processes: ProcessReader;
  readonly capture: CaptureSettings;
}

const everything = compileFilter({});

export class KernelSource implements ActivitySource {
  readonly name = 'Kernel';
  readonly #tools: KernelTools;
  readonly #options: ActivityOptions;
  readonly #images: Images;
  readonly #model: EndpointModel;
  readonly #rules: EventRules;
  readonly #reconciler: Reconciler;
  readonly #clock = new BootClock();
  readonly #follower = new ClockFollower(this.#clock, (text) => this.#listener?.note(text));
  readonly #event: KernelEvent;
  readonly #watched: WatchedProcesses;
  #names = new NamespaceNames();
  #capture: Capture | null = null;
  #tables: TableSchedule | null = null;
  #listener: ActivityListener | null = null;
  #exitTimer: NodeJS.Timeout | undefined;
  #lost = 0;
  /** Something was lost since the last reading. */
  #isDoubtful = false;
  readonly #steps: ModelSteps;
  /** What was received and is not applied yet. */
  readonly #waiting = new Set<Batch>();
  readonly #stop = new StopSignal();
  /** Until then (since boot) the tables, and not the events, said what there was. */
  #settledAt = Number.POSITIVE_INFINITY;

  constructor(tools: KernelTools, options: ActivityOptions) {
    this.#tools = tools;
    this.#options = options;
    this.#images = new Images(tools.processes, new UserNames());
    this.#model = new EndpointModel((process) => this.#images.hasEnded(process));
    this.#rules = new EventRules(this.#model, this.#images);
    this.#reconciler = new Reconciler(this.#model, (cookie) => this.#rules.udp.makerOf(cookie));
    this.#event = new KernelEvent((inode) => this.#nameOf(inode));
    this.#watched = new WatchedProcesses(tools.processes, options.watchedProcesses);
    this.#steps = new ModelSteps({
      mayGoOn: async () => {
        await this.#stop.orWhen(this.#listener?.ready());
        return this.#listener !== null;
      },
      tell: () => this.#tell(),
      failed: (error) => this.#fail(error),
    });
  }

  async start(listener: ActivityListener): Promise<readonly Existing[]> {
    this.#listener = listener;
    this.#capture = await Capture.open(this.#tools.capture, {
      events: (batch) => this.#receive(batch),
      failed: (error) => this.#fail(error),
    });
    collectAlone(); // only now, as stop() is not called where the capture does not open
    try {
      return await this.#begin(this.#capture);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #begin(capture: Capture): Promise<readonly Existing[]> {
    const { notes, oftenTables, tellsExits } = judgePrograms(capture.programs);
    for (const note of notes) this.#listener?.note(note);
    await this.#watched.exited(0);
    for (const facts of this.#watched.alive) this.#images.remember(facts);
    if (!tellsExits) this.#watchExits();
    let existing: readonly Existing[] = [];
    const wished = oftenTables ? this.#options.interval : null;
    this.#tables = new TableSchedule(
      {
        compare: async () => {
          const reading = await this.#read();
          if (this.#settledAt < Number.POSITIVE_INFINITY) await this.#compare(reading);
          else existing = this.#fill(reading);
          if (!oftenTables) giveMemoryBack(); // much of a reading's is free, and the next one is far
          return reading.start;
        },
        asksTables: (after, before) =>
          this.#model.asksTables(after, before) || this.#rules.udp.asksTables(after, before),
        now: () => this.#clock.sinceBoot(),
        failed: (error) => this.#fail(error),
        note: (text) => this.#listener?.note(text),
      },
      wished,
    );
    await this.#tables.begin();
    return existing;
  }

  async caughtUp(): Promise<void> {
    await this.#capture?.drain();
    const done = new Promise<void>((resolve) => this.#steps.add(resolve));
    await this.#stop.orWhen(done);
  }

  async stop(): Promise<void> {
    clearInterval(this.#exitTimer);
    this.#listener = null;
    this.#stop.give('stopped');
    try {
      await this.#capture?.stop();
      await this.#steps.ended();
      await this.#tables?.stop();
    } finally {
      collectTogether();
    }
  }

  /** Names of namespaces are read again when an unknown one turns up. */
  #nameOf(inode: number): string {
    if (!this.#names.has(inode)) this.#names = new NamespaceNames();
    return this.#names.of(inode);
  }

  #receive(batch: Batch): void {
    this.#waiting.add(batch);
    this.#steps.add(() => {
      this.#waiting.delete(batch);
      this.#applyAll(batch);
      this.#noteLoss(batch.lost);
      batch.release();
    });
  }

  /** Null where there is no room to hear of all. */
  async #heardExecuting(): Promise<Executing | null> {
    const hasHeard = (await this.#capture?.hear()) ?? false;
    if (!hasHeard) return null;
    const event = this.#event;
    const pids = new Set<number>();
    for (const batch of this.#waiting) {
      batch.visitAll((view, offset) => {
        event.look(view, offset);
        if (event.kind === EventKind.Executed) pids.add(event.pid);
      });
    }
    return pids;
  }

  #applyAll(batch: Batch): void {
    this.#followClock();
    this.#event.bootMoment = this.#clock.bootMoment;
    batch.visitAll(this.#apply);
  }

  /** Made once: what V8 compiled for it is forgotten with the last of it. */
  readonly #apply = (view: DataView<ArrayBuffer>, offset: number): void => {
    const event = this.#event;
    event.look(view, offset);
    if (event.sinceBoot > this.#settledAt) this.#rules.apply(event);
    else this.#rules.applyEarly(event);
  };

  #noteLoss(lost: number): void {
    if (lost === this.#lost) return;
    const missed = lost - this.#lost;
    this.#lost = lost;
    const reason = 'the kernel had no room left in its ring of events, or ran no program for one';
    const time = this.#clock.now();
    this.#model.report({ kind: 'Gap', time, missed, reason, source: 'Kernel' });
    this.#isDoubtful = true;
    this.#tables?.soon();
  }

  #followClock(): void {
    const by = this.#follower.follow();
    if (by === 0) return;
    const images = this.#model.moveOwners(moverOf(by));
    this.#images.moveStartTimes(by, images);
    this.#watched.moveStartTimes(by);
  }

  /** Facts are read first, so that no change goes out without its process. */
  async #tell(): Promise<void> {
    const changes = this.#model.takeChanges();
    const now = this.#clock.sinceBoot();
    this.#images.forget(now);
    // What ended counts for readings that begin no later.
    if (this.#tables?.isReading !== true) this.#model.ended.forget(now - 2 * settling);
    this.#tables?.lookUp();
    await this.#images.readWanted(() => this.#heardExecuting());
    if (changes.length > 0) this.#listener?.changes(changes);
  }

  #fail(error: unknown): void {
    this.#listener?.failed(error);
  }

  async #read(): Promise<Reading> {
    const start = this.#clock.sinceBoot();
    const isFirst = this.#settledAt === Number.POSITIVE_INFINITY; // those are shown
    const { size } = this.#model.entries.timeWaits;
    const timeWaits = isFirst || this.#isDoubtful || needsTimeWaits(size, timeWaitLimit());
    this.#isDoubtful = false;
    const options = { filter: everything, modules: false, source: null, named: true, timeWaits };
    const { snapshots } = this.#tools;
    const { rows, table } = await (isFirst ? snapshots.take(options) : snapshots.read(options));
    if (isFirst && table.closed.length > 0) {
      for (const note of table.notes) this.#listener?.note(note);
    }
    this.#names = new NamespaceNames();
    const showsAllHeld = table.source === 'Bpf';
    const closed = new Set(table.closed);
    const { showsTimeWaits = true } = table;
    const end = this.#clock.sinceBoot();
    return { rows, closed, showsAllHeld, showsTimeWaits, start, end };
  }

  /** The first reading: what is open. What happened meanwhile comes after it. */
  #fill(reading: Reading): Existing[] {
    this.#reconciler.begin(reading);
    this.#settledAt = reading.end;
    this.#steps.begin();
    return [...this.#model.entries.values()].map(({ endpoint, ownership }) => ({
      endpoint,
      ownership,
    }));
  }

  async #compare(reading: Reading): Promise<void> {
    // Taken first: events up to now are applied before the comparison, later ones have later times. It
    // touches nothing to which something happened since the reading.
    const time = this.#clock.now();
    await this.#capture?.drain();
    const compared = new Promise<void>((resolve) => {
      this.#steps.add(() => {
        this.#followClock();
        this.#reconciler.compare(reading, time);
        resolve();
      });
    });
    await this.#stop.orWhen(compared);
  }

  #watchExits(): void {
    this.#exitTimer = setInterval(async () => {
      try {
        const exits = await this.#watched.exited(this.#clock.now());
        if (exits.length > 0) this.#listener?.changes(exits);
      } catch (error) {
        this.#fail(error);
      }
    }, this.#options.interval);
  }
}
