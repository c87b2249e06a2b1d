// The recorder: what the source tells goes into the logs, and how it is goes to status.json and to
// the supervisor. One loop does all of it, so that a sign of life is one of the work itself.

import type { SourceChoice } from '../activity/platform.ts';
import type { Existing } from '../activity/source.ts';
import { StopSignal } from '../activity/stop-signal.ts';
import { LogSet } from '../logs/write/log-set.ts';
import type { LogSetOptions } from '../logs/write/options.ts';
import { messageOf } from '../logs/write/trouble.ts';
import type { Change } from '../model/change.ts';
import { statusFileName } from '../settings/places.ts';
import { formatStatus, type RecorderStatus, statusInterval } from '../settings/status.ts';
import { type ClockWatch, clockStatus } from './clock-watch.ts';
import { type Identity, isSameTrouble, statusOf } from './health.ts';
import { SourceKeeper, type StartSource } from './source-keeper.ts';
import type { Supervisor } from './supervisor.ts';

/** Milliseconds between two turns of the logs: a record is in its file within a second. */
const pause = 500;
const shortPause = 10;
/** Milliseconds that a start may go on without being ended for it. */
const startPatience = 60_000;
/** Milliseconds that the last changes may take to come out of the source. */
const lastChanges = 5000;

export interface RecorderOptions {
  readonly identity: Identity;
  readonly logs: LogSetOptions;
  readonly choice: SourceChoice;
  readonly startSource: StartSource;
  readonly supervisor: Supervisor;
  readonly clock: ClockWatch;
  /** A line for people. */
  readonly say: (text: string) => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #keeper: SourceKeeper;
  #set: LogSet | null = null;
  #opened: () => void = () => {};
  readonly #whenOpen = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });
  #toldAt = Number.NEGATIVE_INFINITY;
  #told: Pick<RecorderStatus, 'state' | 'trouble' | 'source'> | null = null;
  #statusTrouble: string | null = null;
  #isReady = false;
  /** The directory is ours to write to. */
  #isLocked = false;
  #source: 'Answered' | 'Asked' | 'Quiet' = 'Quiet';
  #fedAt = Number.NEGATIVE_INFINITY;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#keeper = new SourceKeeper(options.choice, options.startSource, {
      ready: () => this.#ready(),
      accept: (changes) => this.#set?.accept(changes),
      say: options.say,
      replaced: (reason) => this.#set?.lookAgain(reason),
    });
  }

  /** Records until it is asked to stop. Rejects where it can't begin, or where what waits can't be
   * written at the end. */
  async run(stop: StopSignal): Promise<void> {
    try {
      const set = await this.#open();
      while (stop.reason === null) await this.#turn(set, stop);
      await this.#close(set, stop.reason);
    } catch (error) {
      await this.#keeper.stop();
      const trouble = `It ended by an error: ${messageOf(error)}.`;
      if (this.#isLocked) await this.#tell({ state: 'Stopped', trouble });
      throw error;
    }
  }

  async #open(): Promise<LogSet> {
    const begin = async () => {
      this.#isLocked = true;
      await this.#tell();
      const until = this.#options.logs.clock.now();
      const rows: readonly Existing[] = await this.#keeper.start();
      return { rows, until };
    };
    const set = await LogSet.open(this.#options.logs, begin);
    this.#set = set;
    this.#opened();
    return set;
  }

  async #ready(): Promise<void> {
    await this.#whenOpen;
    await this.#set?.ready();
  }

  async #turn(set: LogSet, stop: StopSignal): Promise<void> {
    const begun = performance.now();
    this.#watchClock(set);
    await set.turn();
    await this.#tellWhenDue();
    this.#feed();
    // A long PR-INITIAL comes in pieces, and nobody calls the recorder ready before its end.
    const rest = set.health.isReady ? pause - (performance.now() - begun) : shortPause;
    await stop.orAfter(Math.max(rest, 0));
  }

  #watchClock(set: LogSet): void {
    for (const note of this.#options.clock.check()) {
      const { count, reason } = clockStatus(note);
      set.note(note.kind, count, reason);
    }
  }

  /** At once where something is new, else now and then. */
  async #tellWhenDue(): Promise<void> {
    const { state, trouble, source } = this.#status();
    const told = this.#told;
    const isNews =
      told?.state !== state || told.source !== source || !isSameTrouble(told.trouble, trouble);
    const isDue = performance.now() - this.#toldAt >= statusInterval;
    if (isNews || isDue) await this.#tell();
  }

  #status(ending: Pick<RecorderStatus, 'state' | 'trouble'> | null = null): RecorderStatus {
    const { identity, logs } = this.#options;
    return statusOf(identity, this.#set?.health ?? null, this.#keeper, logs.clock.now(), ending);
  }

  async #tell(ending: Pick<RecorderStatus, 'state' | 'trouble'> | null = null): Promise<void> {
    const status = this.#status(ending);
    this.#toldAt = performance.now();
    this.#sayWhatIsNew(status);
    this.#told = status;
    this.#options.supervisor.status(status.trouble ?? summary(status));
    try {
      const bytes = Buffer.from(formatStatus(status));
      await this.#options.logs.directory.replace(statusFileName, bytes);
      this.#statusTrouble = null;
    } catch (error) {
      const trouble = `${statusFileName} can't be written: ${messageOf(error)}.`;
      if (trouble !== this.#statusTrouble) this.#options.say(trouble);
      this.#statusTrouble = trouble;
    }
  }

  #sayWhatIsNew({ state, trouble, source, whyNotBetter }: RecorderStatus): void {
    const { identity, say } = this.#options;
    if (trouble !== null && !isSameTrouble(trouble, this.#told?.trouble)) say(trouble);
    if (trouble === null && (this.#told?.trouble ?? null) !== null) say('All is well again.');
    if (state === this.#told?.state || this.#isReady || source === null) return;
    if (state === 'Starting') return;
    const why = whyNotBetter === null ? '' : `; ${whyNotBetter}`;
    say(`Recording by ${source} to '${identity.logDirectory}'${why}.`);
  }

  /** Signs of life: of this loop, and of the source, which has to answer in between. */
  #feed(): void {
    const { supervisor } = this.#options;
    this.#askSource();
    if (!this.#isReady && this.#told?.state === 'Starting') supervisor.starting(startPatience);
    else if (!this.#isReady) {
      this.#isReady = true;
      supervisor.ready();
    }
    const due = (supervisor.patience ?? Number.POSITIVE_INFINITY) / 3;
    if (this.#source !== 'Answered' || performance.now() - this.#fedAt < due) return;
    this.#source = 'Quiet';
    this.#fedAt = performance.now();
    supervisor.alive();
  }

  #askSource(): void {
    if (this.#source !== 'Quiet') return;
    this.#source = 'Asked';
    void this.#keeper.caughtUp().then(
      () => {
        this.#source = 'Answered';
      },
      () => {
        this.#source = 'Quiet';
      },
    );
  }

  /** What happened until now, as far as the source can tell it in time. */
  async #takeTheLast(set: LogSet): Promise<void> {
    const all = new StopSignal();
    void this.#keeper.caughtUp().then(
      () => all.give('told'),
      () => {},
    );
    const begun = performance.now();
    do {
      await all.orAfter(10);
      await set.turn();
      const isBegun = set.health.files.length > 0 || set.health.trouble !== null;
      if (all.reason !== null && isBegun) return;
    } while (performance.now() - begun < lastChanges);
    if (all.reason === null) set.accept([notAll()]);
  }

  async #close(set: LogSet, reason: string): Promise<void> {
    const { supervisor, say } = this.#options;
    supervisor.stopping();
    say(`Stopping: ${reason}.`);
    await this.#takeTheLast(set);
    await this.#keeper.stop();
    await set.close(reason);
    await this.#tell({ state: 'Stopped', trouble: null });
  }
}

const notAll = (): Change => ({
  kind: 'Gap',
  ...{ time: Date.now(), missed: null, source: 'Kernel' },
  reason: 'the recorder was stopped before everything was told',
});

const summary = ({ source, records, gaps, endpoints }: RecorderStatus): string =>
  `${source ?? 'No source'}; ${records} records, ${gaps} gaps; ${endpoints} endpoints are open`;
