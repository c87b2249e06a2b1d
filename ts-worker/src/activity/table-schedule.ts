// When the tables are read to hold the model against them: regularly, sooner where something happened
// that only they can tell, at once after a loss; but one reading after the other, and no more of them
// than stays below a fiftieth of a core.

import { leastRest, nextInterval, processorTime } from './pace.ts';

/** Milliseconds after which what no event told is looked up in the tables: more than an event is on its
 * way (capture-thread.ts). */
const lookUpAfter = 200;

export interface TableWork {
  /** Reads the tables and compares; gives the moment (since boot) when the reading began. */
  compare(): Promise<number>;
  /** Whether something happened between these moments that only the tables can tell. */
  asksTables(after: number, before: number): boolean;
  now(): number;
  failed(error: unknown): void;
  note(text: string): void;
}

export class TableSchedule {
  readonly #work: TableWork;
  readonly #wished: number | null;
  #timer: NodeJS.Timeout | undefined;
  #lookUp: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #isAskedAgain = false;
  #isStopped = false;
  #readAt = 0;
  #endedAt = 0;
  #cost = 0;
  #interval = 0;

  /** `wished`: milliseconds between two readings, where the events do not tell everything. */
  constructor(work: TableWork, wished: number | null) {
    this.#work = work;
    this.#wished = wished;
  }

  /** The first reading, and from then on all others. What it costs counts for nothing: a good deal of
   * that comes once only. */
  async begin(): Promise<void> {
    this.#readAt = await this.#work.compare();
    this.#endedAt = this.#work.now();
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#lookUp);
    await this.#running;
  }

  get isReading(): boolean {
    return this.#running !== null;
  }

  /** Something was lost: what the tables say now is needed. */
  soon(): void {
    if (this.#running !== null) this.#isAskedAgain = true;
    else this.#after(this.#rest());
  }

  /** To be called after events: looks things up where they leave a question open. */
  lookUp(): void {
    const isWaiting = this.#lookUp !== undefined || this.#isStopped;
    if (isWaiting || !this.#work.asksTables(this.#readAt, Number.POSITIVE_INFINITY)) return;
    this.#lookUp = setTimeout(() => this.#lookUpNow(), Math.max(lookUpAfter, this.#rest()));
  }

  /** Most questions answer themselves while we wait. */
  #lookUpNow(): void {
    this.#lookUp = undefined;
    if (this.#work.asksTables(this.#readAt, this.#work.now() - lookUpAfter)) this.soon();
    else this.lookUp();
  }

  #rest(): number {
    return Math.max(0, leastRest(this.#cost) - (this.#work.now() - this.#endedAt));
  }

  #plan(): void {
    const interval = nextInterval(this.#cost, this.#wished);
    if (interval > 30_000 && interval !== this.#interval) {
      const seconds = Math.round(interval / 1000);
      this.#work.note(`The tables are large: they are compared every ${seconds} s only.`);
    }
    this.#interval = interval;
    this.#after(interval);
  }

  #after(delay: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#start(), delay);
  }

  #start(): void {
    this.#running ??= this.#compare().finally(() => {
      this.#running = null;
    });
  }

  async #compare(): Promise<void> {
    try {
      this.#isAskedAgain = false;
      const before = process.cpuUsage();
      this.#readAt = await this.#work.compare();
      this.#cost = processorTime(before);
      this.#endedAt = this.#work.now();
      if (this.#isAskedAgain) this.#after(this.#rest());
      else this.#plan();
    } catch (error) {
      this.#work.failed(error);
    }
  }
}
