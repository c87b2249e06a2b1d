// The logs of a recorder. It takes changes as they come, without ever waiting, and writes them when
// its turn comes. All that can go wrong with a disk ends here: what can't be written waits, what
// can't wait is counted and becomes a gap, and the health says so.
//
// For the recorder: open(), accept() for what the source tells, note() for what the clock tells,
// turn() every 250 ms or so, health for status.json, close() at the end.

import type { Change } from '../../model/change.ts';
import type { Status, StatusKind } from '../format/status-line.ts';
import { OpenEndpoints } from '../open/open-endpoints.ts';
import { Backlog } from './backlog.ts';
import { Batch } from './batch.ts';
import { CurrentFiles } from './current-files.ts';
import type { LogLock } from './directory.ts';
import { tellEarlierRun } from './earlier-run.ts';
import type { LogFiles } from './log-files.ts';
import { Modules } from './modules.ts';
import type { LogHealth, LogSetOptions, OpenNow, Trouble } from './options.ts';
import { ProcessEntries } from './process-entries.ts';
import { OldFiles } from './remove-old.ts';
import { Tally } from './tally.ts';
import { FilesGone, isOfTheDisk, messageOf, unwritable } from './trouble.ts';
import { Written } from './written.ts';

const batchSize = 20_000;
/** Milliseconds that the backlog may take of one turn. */
const budget = 500;
/** Milliseconds between two attempts while the disk makes trouble. */
const retryAfter = 1000;
/** Milliseconds after which files are looked for even if nothing is written. */
const checkInterval = 5000;
/** Milliseconds between two looks at the tables for the sake of lost changes. */
const lookInterval = 60_000;

export class LogSet {
  readonly #options: LogSetOptions;
  readonly #lock: LogLock;
  readonly #backlog: Backlog;
  readonly #open = new OpenEndpoints();
  readonly #modules: Modules;
  readonly #entries: ProcessEntries;
  readonly #current: CurrentFiles;
  readonly #oldFiles: OldFiles;
  readonly #tally: Tally;
  readonly #written: Written;
  #batch: Batch | null = null;
  #entriesAreDue = false;
  #turning: Promise<void> | null = null;
  #trouble: Trouble | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Why nobody knows what is open; null where it is known. */
  #doubt: string | null = null;

  private constructor(options: LogSetOptions, lock: LogLock, { rows, until }: OpenNow) {
    this.#options = options;
    this.#lock = lock;
    this.#backlog = new Backlog(options.mostWaiting);
    this.#modules = new Modules(options.processes);
    this.#entries = new ProcessEntries(this.#modules, options.moduleDetail === 'Always');
    const heard = (status: Status) => this.#tally.count(status);
    this.#current = new CurrentFiles(options, this.#open, this.#entries, heard);
    this.#oldFiles = new OldFiles(options);
    this.#open.begin(rows, until);
    this.#tally = new Tally(options.clock.elapsed());
    this.#written = new Written(this.#open, this.#entries, this.#tally);
  }

  /** `begin` tells what is open, from which every later change is told; it is asked when the
   * directory is ours. Rejects where that is not safe, or another recorder is in it. */
  static async open(options: LogSetOptions, begin: () => Promise<OpenNow>): Promise<LogSet> {
    const { directory } = options;
    const lock = await directory.lock().catch((error) => {
      throw unwritable(error, `Logs can't be kept in '${directory.path}'`);
    });
    try {
      const set = new LogSet(options, lock, await begin());
      set.#current.tell(await tellEarlierRun(directory, options.clock.now()));
      await set.turn();
      return set;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get health(): LogHealth {
    const { rollError } = this.#current;
    return {
      trouble: this.#trouble,
      rollTrouble: rollError === null ? null : messageOf(rollError),
      retentionTrouble: this.#oldFiles.trouble,
      files: this.#current.names,
      records: this.#tally.records,
      waiting: this.#backlog.length + (this.#batch?.items.length ?? 0),
      gaps: this.#tally.gaps,
      missed: this.#tally.missed + this.#backlog.missed,
      endpoints: this.#open.size,
      isReady: this.#current.isReady,
    };
  }

  /** Resolves when more changes can be taken, or when waiting would not help. A source that can hold
   * its changes back waits for it. */
  async ready(): Promise<void> {
    if (this.#trouble === null) await this.#backlog.hasRoom();
  }

  accept(changes: readonly Change[]): void {
    const reason = this.#trouble?.message ?? 'the disk was too slow';
    this.#backlog.push(changes, this.#options.clock.now(), reason);
  }

  /** Behind this, times do not tell what is open, so that the tables have to. */
  note(kind: StatusKind, count: number | null, reason: string): void {
    // Entries of seconds that are to come again would wait for them.
    if (kind === 'ClockSet') this.#entriesAreDue = true;
    this.#backlog.note({ time: this.#options.clock.now(), kind, count, reason });
    this.lookAgain(kind === 'ClockSet' ? 'the clock was set' : 'the machine was suspended');
  }

  /** The tables have to be read again: something was missed. New files will begin with it. */
  lookAgain(reason: string): void {
    this.#doubt = reason;
  }

  /** Does what is due. Never rejects for the disk's sake. */
  turn(): Promise<void> {
    this.#turning ??= this.#turn().finally(() => {
      this.#turning = null;
    });
    return this.#turning;
  }

  /** Writes what waits, and the last lines. Rejects where that can't be done. */
  async close(reason: string): Promise<void> {
    await this.#turning;
    try {
      const files = await this.#current.ready();
      if (files === null) throw new FilesGone('there are no files to write the rest to');
      await this.#writeBacklog(files, Number.POSITIVE_INFINITY);
      await this.#modules.readWanted(() => this.#elapsed());
      await this.#current.close(reason);
    } catch (error) {
      throw unwritable(error, 'Not everything could be written');
    } finally {
      await this.#lock.release();
    }
  }

  async #turn(): Promise<void> {
    if (this.#trouble !== null && this.#elapsed() - this.#triedAt < retryAfter) return;
    this.#triedAt = this.#elapsed();
    try {
      if (this.#trouble !== null) {
        await this.#lock.keep();
        await this.#removeOld(null);
      }
      const files = await this.#current.ready();
      if (files !== null) await this.#write(files);
      this.#trouble = null;
    } catch (error) {
      await this.#meet(error);
    }
  }

  async #write(files: LogFiles): Promise<void> {
    await this.#writeBacklog(files, budget);
    await this.#modules.readWanted(() => this.#elapsed());
    this.#writeEntries(files);
    const beat = this.#tally.beat(this.#elapsed(), this.#options.clock.now());
    if (beat !== null) files.say(beat);
    if (this.#oldFiles.isDue(files)) await this.#removeOld(files);
    await files.flush(this.#elapsed());
    if (this.#elapsed() - this.#checkedAt >= checkInterval) await this.#check(files);
    await this.#current.writeInitial();
    this.#current.syncSoon();
    await this.#resolveDoubt();
  }

  #writeEntries({ facts, processes }: LogFiles): void {
    const entries = this.#entriesAreDue
      ? this.#entries.all(facts.offset)
      : this.#entries.due(this.#options.clock.now(), facts.offset);
    this.#entriesAreDue = false;
    for (const lines of entries) processes.append(lines);
  }

  async #writeBacklog(files: LogFiles, time: number): Promise<void> {
    const begun = this.#elapsed();
    do {
      this.#batch ??= this.#nextBatch();
      if (this.#batch === null) return;
      await this.#batch.write(files, () => this.#elapsed());
      await this.#check(files);
    } while (this.#elapsed() - begun < time);
  }

  /** What was written is written where its file is still there. */
  async #check(files: LogFiles): Promise<void> {
    this.#checkedAt = this.#elapsed();
    const missing = await files.missing();
    const isWritten = !missing.includes(files.ports.name);
    if (isWritten && this.#batch !== null) {
      this.#written.take(this.#batch.items, files, this.#checkedAt);
      this.#batch = null;
    }
    if (missing.length > 0) throw new FilesGone(`${missing.join(', ')} vanished`);
  }

  #nextBatch(): Batch | null {
    const items = this.#backlog.take(batchSize);
    if (items.length > 0) return new Batch(items);
    const gap = this.#backlog.takeGap(this.#options.clock.now());
    if (gap === null) return null;
    this.lookAgain('changes were missed');
    return new Batch([gap]);
  }

  async #removeOld(files: LogFiles | null): Promise<void> {
    this.#current.tell(await this.#oldFiles.remove(files, this.#current.inUse));
  }

  /** After changes were lost, the tables alone know what is open. */
  async #resolveDoubt(): Promise<void> {
    const doubt = this.#doubt;
    if (doubt === null || this.#current.initialAge < lookInterval) return;
    if (this.#backlog.length > 0 || this.#batch !== null) return;
    const { rows, until } = await this.#options.look();
    this.#open.begin(rows, until);
    if (this.#doubt === doubt) this.#doubt = null;
    this.#current.demand(`${doubt}: the tables were read again`);
  }

  async #meet(error: unknown): Promise<void> {
    if (!isOfTheDisk(error)) throw error;
    const since = this.#trouble?.since ?? this.#options.clock.now();
    this.#trouble = { code: error.code, message: error.message, since };
    this.#backlog.release();
    if (!(error instanceof FilesGone)) return;
    this.#triedAt = Number.NEGATIVE_INFINITY; // new files at once
    if (this.#batch !== null) this.#entries.drop();
    this.#batch?.restart();
    await this.#current.giveUp(error.message);
  }

  #elapsed(): number {
    return this.#options.clock.elapsed();
  }
}
