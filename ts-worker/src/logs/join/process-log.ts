// The entries of a PR-PIDS beside the records of its PR-PORTS. Both stand in the order of time, or
// nearly, so both are read in step and only a stretch of entries is held at a time: an entry comes
// some 300 ms after its second, and another may follow for what became known late. So it is read on
// for a record only where what is there does not have its endpoint.

import type { LogPart } from '../read/context.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import type { RecordRow } from '../read/record-rows.ts';
import { OwnEntries } from './own-entries.ts';

/** Seconds that may be read ahead of a record. */
const ahead = 30;
/** Seconds that are kept behind the last record, fewer where they have many endpoints. */
const behind = 120;
const leastBehind = 2;
const manyEndpoints = 10_000;
/** More are never held, whatever the times in the file say. */
const mostEndpoints = 200_000;

/** Milliseconds behind the end of a second in which its entries are written, with some to spare. */
const patience = 3000;

const secondOf = (time: number): number => Math.floor(time / 1000);

/** Null where it takes longer than so many milliseconds. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, milliseconds, null);
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

export class ProcessLog {
  readonly #parts: AsyncIterator<LogPart>;
  /** True where the file is being written: then nobody knows when the next part comes. */
  readonly #isGrowing: boolean;
  #next: Promise<IteratorResult<LogPart>> | null = null;
  /** True where all that is written was read when somebody waited last. */
  #isAtEnd = false;
  /** By their second and their process. */
  readonly #entries = new Map<number, Map<number | null, OwnEntries>>();
  #latest = Number.NEGATIVE_INFINITY;
  /** How many endpoints are held, and entries. */
  #size = 0;
  #isOver = false;
  /** Called for each part that was read: bad lines are told by whoever reads. */
  readonly #told: (part: LogPart) => void;

  constructor(
    parts: AsyncIterable<LogPart>,
    told: (part: LogPart) => void,
    { isGrowing = false } = {},
  ) {
    this.#parts = parts[Symbol.asyncIterator]();
    this.#told = told;
    this.#isGrowing = isGrowing;
  }

  /** The entry of the same second and process, the one that has the endpoint where there are
   * several; null where there is none. */
  async find(row: RecordRow): Promise<ProcessRecord | null> {
    let entry = this.certain(row);
    const second = secondOf(row.time);
    while (entry === undefined && this.#latest < second + ahead && !this.#isOver) {
      if (!(await this.#readOn(second))) break;
      entry = this.certain(row);
    }
    return entry ?? this.#entriesOf(row)?.first ?? null;
  }

  /** What find() gives, where no later entry can be a better one; else undefined. */
  certain(row: RecordRow): ProcessRecord | null | undefined {
    if (row.pid === null) return null;
    return this.#entriesOf(row)?.find(row);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#entries.clear();
    await this.#parts.return?.();
  }

  /** False where no more comes in time. */
  async #readOn(second: number): Promise<boolean> {
    this.#next ??= this.#parts.next();
    this.#next.catch(() => {}); // told to whoever waits for it
    const result = await (this.#isGrowing ? within(this.#next, this.#wait(second)) : this.#next);
    this.#isAtEnd = result === null;
    if (result === null) return false;
    this.#next = null;
    this.#take(result, second);
    return true;
  }

  /** For how long the entry of a second may still come. */
  #wait(second: number): number {
    if (!this.#isAtEnd) return patience;
    return Math.min(patience, Math.max(0, (second + 1) * 1000 + patience - Date.now()));
  }

  #take({ value, done }: IteratorResult<LogPart>, second: number): void {
    if (done === true) {
      this.#isOver = true;
      return;
    }
    this.#told(value);
    for (const record of value.processes) this.#add(record);
    this.#release(second);
  }

  #entriesOf({ time, pid }: RecordRow): OwnEntries | undefined {
    return this.#entries.get(secondOf(time))?.get(pid);
  }

  /** Lets go of what lies behind the record that was reached. */
  #release(reached: number): void {
    for (const [second, entries] of this.#entries) {
      const kept = this.#size > manyEndpoints ? leastBehind : behind;
      if (second >= reached - kept && this.#size <= mostEndpoints) continue;
      this.#entries.delete(second);
      for (const { size } of entries.values()) this.#size -= size;
    }
  }

  #add(record: ProcessRecord): void {
    const second = secondOf(record.time);
    this.#latest = Math.max(this.#latest, second);
    const ofSecond = this.#entries.get(second) ?? new Map<number | null, OwnEntries>();
    this.#entries.set(second, ofSecond);
    const pid = record.owner?.pid ?? null;
    const own = ofSecond.get(pid) ?? new OwnEntries(record);
    ofSecond.set(pid, own);
    this.#size -= own.size;
    own.add(record);
    this.#size += own.size;
  }
}
