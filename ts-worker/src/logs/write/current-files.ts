// The files that are being written now, and their succession: begun, rolled, given up. New files
// are made before the old ones are ended, so that there is never a moment without.

import { fileName, fileStamp } from '../format/file-name.ts';
import type { SetFacts } from '../format/header.ts';
import type { Status } from '../format/status-line.ts';
import { wallTime } from '../format/wall-time.ts';
import type { OpenEndpoints } from '../open/open-endpoints.ts';
import { InitialLog } from './initial-log.ts';
import { SyncFailed } from './log-file.ts';
import { LogFiles } from './log-files.ts';
import type { LogSetOptions } from './options.ts';
import type { ProcessEntries } from './process-entries.ts';
import { isOverSize, type Roll, type RollState, rollDue } from './rolls.ts';

/** Milliseconds after which what was written is put on the disk. */
const syncAfter = 2000;
/** Milliseconds between two attempts to make new files. */
const retryAfter = 1000;
/** Milliseconds that files have to themselves, unless the clock or the user demands others. */
const leastAge = 60_000;
/** Milliseconds that a PR-INITIAL may take of one turn. */
const initialBudget = 100;

interface Initial {
  readonly stamp: string;
  readonly begunElapsed: number;
  readonly log: InitialLog;
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST';

export class CurrentFiles {
  readonly #options: LogSetOptions;
  readonly #open: OpenEndpoints;
  readonly #entries: ProcessEntries;
  readonly #heard: (status: Status) => void;
  #files: LogFiles | null = null;
  #initial: Initial | null = null;
  #isReady = false;
  /** Why new files are needed, whatever the clock and the size say. */
  #demand: string | null = 'start';
  /** Said in the next files that can be written. */
  readonly #told: Status[] = [];
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #finishing: Promise<void> = Promise.resolve();
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Why new files are due and can't be made; null where all is well. */
  rollError: unknown = null;

  /** `heard` hears of what goes into the files without having been in the backlog. */
  constructor(
    options: LogSetOptions,
    open: OpenEndpoints,
    entries: ProcessEntries,
    heard: (status: Status) => void,
  ) {
    this.#options = options;
    this.#open = open;
    this.#entries = entries;
    this.#heard = heard;
  }

  /** Names that must not be removed. */
  get inUse(): ReadonlySet<string> {
    const names = this.#files?.names ?? [];
    const initial = this.#initial === null ? [] : [fileName('PR-INITIAL', this.#initial.stamp)];
    return new Set([...names, ...initial]);
  }

  get names(): readonly string[] {
    return this.#files?.names ?? [];
  }

  /** False until the first PR-INITIAL is written. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Milliseconds since the last PR-INITIAL was begun. */
  get initialAge(): number {
    const { clock } = this.#options;
    return clock.elapsed() - (this.#initial?.begunElapsed ?? Number.NEGATIVE_INFINITY);
  }

  /** Demands new files with a new PR-INITIAL. */
  demand(reason: string): void {
    this.#demand = reason;
  }

  /** To be said in the next files that can be written. */
  tell(statuses: readonly Status[]): void {
    this.#told.push(...statuses);
  }

  /** The files to write to; null where the names of this second are taken. Where there are files
   * and others can't be made in their place, they go on. */
  async ready(): Promise<LogFiles | null> {
    const roll = this.#rollDue();
    if (roll !== null) await this.#tryRoll(roll);
    const files = this.#files;
    if (files !== null) this.#sayWhatIsTold(files);
    return files;
  }

  async #tryRoll(roll: Roll): Promise<void> {
    const { clock } = this.#options;
    if (this.rollError !== null && clock.elapsed() - this.#triedAt < retryAfter) return;
    this.#triedAt = clock.elapsed();
    try {
      await this.#roll(roll);
      this.rollError = null;
    } catch (error) {
      if (this.#files === null) throw error;
      this.rollError = error;
    }
  }

  /** Gives up files of which some were removed under our hands; those that are left get their last
   * lines, if they can. */
  async giveUp(reason: string): Promise<void> {
    const files = this.#files;
    this.#files = null;
    this.#initial = null;
    this.#demand = reason;
    await this.#syncing;
    files?.sayEnd(this.#options.clock.now(), reason);
    await files?.flush(this.#options.clock.elapsed()).catch(() => {});
    await files?.close();
  }

  async writeInitial(): Promise<void> {
    await this.#initial?.log.write(() => this.#options.clock.elapsed(), initialBudget);
    this.#isReady ||= this.#initial?.log.isDone === true;
  }

  /** Puts on the disk what has waited for it long enough, without keeping anybody waiting. */
  syncSoon(): void {
    const since = this.#files?.unsyncedSince ?? null;
    if (this.#files === null || since === null || this.#isSyncing) return;
    if (this.#options.clock.elapsed() - since < syncAfter) return;
    this.#isSyncing = true;
    const synced = this.#files.sync().catch((error) => this.#syncFailed(error));
    this.#syncing = synced.then(() => {
      this.#isSyncing = false;
    });
  }

  /** Ends the files with their last lines. */
  async close(reason: string): Promise<void> {
    const files = this.#files;
    if (files !== null) {
      await this.#writeRest(files);
      this.#sayWhatIsTold(files);
      files.sayEnd(this.#options.clock.now(), reason);
      await files.flush(this.#options.clock.elapsed());
    }
    await this.#finishing;
    await this.#syncing;
    await files?.sync();
    await files?.close();
    this.#files = null;
  }

  #rollDue(): Roll | null {
    const { clock, maxLogSize } = this.#options;
    if (this.#files === null) return { reason: this.#demand ?? 'start', withInitial: true };
    const state = this.#stateOf(this.#files);
    // A disk that fails every sync must not make a storm of files.
    if (this.#demand !== null && state.age >= leastAge) {
      return { reason: this.#demand, withInitial: true };
    }
    const now = clock.now();
    return rollDue(state, now, clock.offsetAt(now), maxLogSize);
  }

  #stateOf({ facts, size, begunElapsed }: LogFiles): RollState {
    const age = this.#options.clock.elapsed() - begunElapsed;
    const { begun, offset } = facts;
    return { begun, offset, size, age, initialAge: this.initialAge };
  }

  async #roll({ reason, withInitial }: Roll): Promise<void> {
    const old = this.#files;
    if (old !== null) await this.#writeRest(old);
    const facts = this.#newFacts(withInitial);
    const files = await this.#create(facts, withInitial);
    if (files === null) return;
    this.#files = files;
    this.#demand = null;
    this.#entries.newFile();
    if (files.initial !== null) {
      const { processes } = this.#options;
      const log = new InitialLog(files.initial, this.#open.processes(), processes);
      const { begunElapsed } = files;
      this.#initial = { stamp: facts.initialStamp, begunElapsed, log };
    }
    files.say({ time: facts.begun, kind: 'Begin', count: null, reason });
    if (old !== null) this.#finishing = this.#finish(old, reason);
  }

  #newFacts(withInitial: boolean): SetFacts {
    const { clock, format, machine } = this.#options;
    const begun = clock.now();
    const offset = clock.offsetAt(begun);
    const stamp = fileStamp(wallTime(begun, offset));
    const initialStamp = withInitial ? stamp : (this.#initial?.stamp ?? stamp);
    return { begun, offset, format, machine, initialStamp };
  }

  async #create(facts: SetFacts, withInitial: boolean): Promise<LogFiles | null> {
    const { directory, newline, clock } = this.#options;
    const elapsed = clock.elapsed();
    try {
      return await LogFiles.create({ directory, facts, withInitial, newline, elapsed });
    } catch (error) {
      if (isTaken(error)) return null;
      throw error;
    }
  }

  /** What belongs into the old files and was not written yet. */
  async #writeRest(files: LogFiles): Promise<void> {
    const { clock } = this.#options;
    for (const lines of this.#entries.all(files.facts.offset)) files.processes.append(lines);
    await files.flush(clock.elapsed());
    await this.#initial?.log.write(() => clock.elapsed(), Number.POSITIVE_INFINITY);
  }

  /** In the background: a slow disk must not keep the new files waiting. */
  async #finish(old: LogFiles, reason: string): Promise<void> {
    const { clock } = this.#options;
    const before = [this.#finishing, this.#syncing];
    old.sayEnd(clock.now(), reason);
    try {
      await Promise.all(before);
      await old.flush(clock.elapsed());
      await old.sync();
    } catch (error) {
      this.#syncFailed(error);
    }
    await old.close();
  }

  /** What was written since the last sync may be lost: the files are trusted no more. */
  #syncFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const count = error instanceof SyncFailed ? error.records : null;
    this.#told.push({ time: this.#options.clock.now(), kind: 'Gap', count, reason: message });
    this.#demand = message;
  }

  #sayWhatIsTold(files: LogFiles): void {
    for (const status of this.#told.splice(0)) {
      files.say(status);
      this.#heard(status);
    }
    const isLarge = isOverSize(this.#stateOf(files), this.#options.maxLogSize);
    if (!isLarge || files.hasToldSize) return;
    files.hasToldSize = true;
    const reason = 'files are followed by others once a minute at most';
    const time = this.#options.clock.now();
    files.say({ time, kind: 'LimitPassed', count: files.size, reason });
  }
}
