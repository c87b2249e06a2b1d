// Keeps a source of changes going, whatever becomes of it. A source that breaks is replaced by
// polling at once, and tried again now and then; that something may be missing in between is told.

import {
  type SourceChoice,
  type StartedSource,
  startActivity,
  type WatchTools,
} from '../activity/platform.ts';
import type { ActivityOptions, Existing } from '../activity/source.ts';
import type { Change } from '../model/change.ts';
import { Feed, type FeedTarget } from './feed.ts';
import { isOwn } from './own.ts';

export interface KeeperTarget extends FeedTarget {
  /** Another source tells from now on: what is open has to be looked up anew. */
  replaced(reason: string): void;
}

/** Starts a source; tests bring sources that break. */
export type StartSource = (choice: SourceChoice, listener: Feed) => Promise<StartedSource>;

export interface KeeperTimes {
  /** Milliseconds until the next attempt where no source could be started. */
  readonly retry: number;
  /** Milliseconds until a source that broke is tried again. */
  readonly regain: number;
}

const usualTimes: KeeperTimes = { retry: 1000, regain: 10 * 60_000 };

const watchOptions: ActivityOptions = { interval: 250, watchedProcesses: new Set() };

export const starterOf =
  (tools: WatchTools): StartSource =>
  (choice, listener) =>
    startActivity(choice, tools, watchOptions, listener);

interface Current {
  readonly started: StartedSource;
  readonly feed: Feed;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export class SourceKeeper {
  readonly #choice: SourceChoice;
  readonly #start: StartSource;
  readonly #target: KeeperTarget;
  readonly #times: KeeperTimes;
  #current: Current | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** What is wrong with it, as a sentence; null where it is as it was asked for. */
  trouble: string | null = null;

  constructor(choice: SourceChoice, start: StartSource, target: KeeperTarget, times = usualTimes) {
    this.#choice = choice;
    this.#start = start;
    this.#target = target;
    this.#times = times;
  }

  get name(): 'Kernel' | 'Polling' | null {
    return this.#current?.started.source.name ?? null;
  }

  get whyNotBetter(): string | null {
    return this.#current?.started.whyNotBetter ?? null;
  }

  /** Resolves with what is open, from which every later change is told. */
  async start(): Promise<readonly Existing[]> {
    const { existing } = await this.#begin(this.#choice);
    return existing.filter(({ ownership }) => !isOwn(ownership));
  }

  /** Resolves when all that happened until now has been told, or there is no source to tell it. */
  async caughtUp(): Promise<void> {
    await this.#current?.started.source.caughtUp();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#end();
  }

  /** The new source has begun before the old one ends. */
  async #begin(choice: SourceChoice): Promise<StartedSource> {
    const feed = new Feed(this.#target, (error) => this.#broken(feed, error));
    const started = await this.#start(choice, feed);
    if (this.#isStopped) await started.source.stop();
    else {
      void this.#end();
      this.#current = { started, feed };
      feed.open();
    }
    return started;
  }

  async #end(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    current?.feed.close();
    try {
      await current?.started.source.stop();
    } catch (error) {
      this.#target.say(`A source of changes did not end well: ${messageOf(error)}.`);
    }
  }

  #broken(feed: Feed, error: unknown): void {
    if (this.#current?.feed !== feed) return;
    const name = this.#current.started.source.name;
    const what = name === 'Kernel' ? 'The kernel events' : 'Polling the tables';
    this.trouble = `${what} broke off: ${messageOf(error)}.`;
    this.#target.say(this.trouble);
    void this.#end();
    this.#target.accept([gap(this.trouble)]);
    void this.#replace('Polling');
  }

  async #replace(choice: SourceChoice): Promise<void> {
    try {
      const { source } = await this.#begin(choice);
      if (this.#isStopped) return;
      if (source.name === 'Kernel' || this.#choice === 'Polling') this.trouble = null;
      const now = source.name === 'Kernel' ? 'the kernel tells again' : 'the tables are polled now';
      this.#target.say(`After a break ${now}.`);
      this.#target.replaced(`after a break ${now}`);
      if (this.trouble !== null) this.#later(this.#times.regain, this.#choice);
    } catch (error) {
      this.#failedToReplace(choice, error);
    }
  }

  #failedToReplace(choice: SourceChoice, error: unknown): void {
    if (this.#current !== null) {
      this.#later(this.#times.regain, choice);
      return;
    }
    this.trouble = `Nothing tells of changes: ${messageOf(error)}.`;
    this.#target.say(this.trouble);
    this.#later(this.#times.retry, 'Polling');
  }

  #later(delay: number, choice: SourceChoice): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#replace(choice), delay);
  }
}

const gap = (reason: string): Change => ({
  kind: 'Gap',
  time: Date.now(),
  missed: null,
  reason,
  source: 'Polling',
});
