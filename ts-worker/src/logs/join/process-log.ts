// The entries of a PR-PIDS beside the records of its PR-PORTS. Both stand in the order of time, or
// nearly, so both are read in step and only a stretch of entries is held at a time: an entry comes
// some 300 ms after its second, and another may follow for what became known late.

import type { LogPart } from '../read/context.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import type { RecordRow } from '../read/record-rows.ts';

/** Seconds that are read ahead of a record. */
const ahead = 30;
/** Seconds that are kept behind it. */
const behind = 120;

const secondOf = (time: number): number => Math.floor(time / 1000);

function isAbout({ endpoints }: ProcessRecord, row: RecordRow): boolean {
  return endpoints.some(
    ({ endpoint }) =>
      endpoint.protocol === row.protocol &&
      endpoint.localPort === row.localPort &&
      endpoint.localAddress === row.localAddress &&
      endpoint.remotePort === row.remotePort &&
      endpoint.remoteAddress === row.remoteAddress,
  );
}

export class ProcessLog {
  readonly #parts: AsyncIterator<LogPart>;
  readonly #bySecond = new Map<number, ProcessRecord[]>();
  #latest = Number.NEGATIVE_INFINITY;
  #isOver = false;
  /** Called for each part that was read: bad lines are told by whoever reads. */
  readonly #told: (part: LogPart) => void;

  constructor(parts: AsyncIterable<LogPart>, told: (part: LogPart) => void) {
    this.#parts = parts[Symbol.asyncIterator]();
    this.#told = told;
  }

  /** The entry of the same second and process, the one that has the endpoint where there are
   * several; null where there is none. */
  async find(row: RecordRow): Promise<ProcessRecord | null> {
    if (row.pid === null) return null;
    const second = secondOf(row.time);
    while (this.#latest < second + ahead && !this.#isOver) await this.#readOn(second);
    const entries = this.#bySecond.get(second)?.filter(({ owner }) => owner?.pid === row.pid) ?? [];
    if (entries.length < 2) return entries[0] ?? null;
    return entries.find((entry) => isAbout(entry, row)) ?? entries[0] ?? null;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#bySecond.clear();
    await this.#parts.return?.();
  }

  async #readOn(second: number): Promise<void> {
    const { value, done } = await this.#parts.next();
    if (done === true) {
      this.#isOver = true;
      return;
    }
    this.#told(value);
    for (const record of value.processes) this.#add(record);
    for (const old of this.#bySecond.keys()) {
      if (old >= second - behind) break;
      this.#bySecond.delete(old);
    }
  }

  #add(record: ProcessRecord): void {
    const second = secondOf(record.time);
    this.#latest = Math.max(this.#latest, second);
    const there = this.#bySecond.get(second);
    if (there === undefined) this.#bySecond.set(second, [record]);
    else there.push(record);
  }
}
