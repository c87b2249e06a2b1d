// One log while it is being written. Lines are gathered and go to the disk in one piece; where the
// disk takes only a part, the rest waits and goes on at the very byte, so that no line is torn.

import type { WritableLog } from './directory.ts';

export class LogFile {
  readonly name: string;
  readonly #log: WritableLog;
  readonly #newline: string;
  #pending: Uint8Array = new Uint8Array();
  #pendingRecords = 0;
  #size = 0;
  /** Of what is written but may not be on the disk yet. */
  #unsyncedRecords = 0;
  #unsyncedSince: number | null = null;

  constructor(name: string, log: WritableLog, newline: string) {
    this.name = name;
    this.#log = log;
    this.#newline = newline;
  }

  /** Bytes written, and waiting to be. */
  get size(): number {
    return this.#size + this.#pending.length;
  }

  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /** When the oldest byte was written that may not be on the disk yet; null where all is. */
  get unsyncedSince(): number | null {
    return this.#unsyncedSince;
  }

  /** `records`: how many of the lines are records. */
  append(lines: readonly string[], records = 0): void {
    if (lines.length === 0) return;
    this.#pendingRecords += records;
    const text = Buffer.from(lines.join(this.#newline) + this.#newline);
    this.#pending = this.isPending ? Buffer.concat([this.#pending, text]) : text;
  }

  /** `elapsed`: now. */
  async flush(elapsed: number): Promise<void> {
    if (!this.isPending) return;
    this.#unsyncedSince ??= elapsed;
    while (this.isPending) {
      const taken = await this.#log.write(this.#pending);
      if (taken === 0) throw new NothingWritten(this.name);
      this.#size += taken;
      this.#pending = this.#pending.subarray(taken);
    }
    this.#unsyncedRecords += this.#pendingRecords;
    this.#pendingRecords = 0;
  }

  /** Rejects with a SyncFailed, after which nothing written since the last sync is sure. */
  async sync(): Promise<void> {
    const records = this.#unsyncedRecords;
    this.#unsyncedRecords = 0;
    this.#unsyncedSince = null;
    try {
      await this.#log.sync();
    } catch (error) {
      throw new SyncFailed(this.name, records, error);
    }
  }

  async isInPlace(): Promise<boolean> {
    return await this.#log.isInPlace();
  }

  async close(): Promise<void> {
    await this.#log.close();
  }
}

/** The disk took nothing and gave no reason. */
export class NothingWritten extends Error {
  readonly code = 'EIO';
  readonly syscall = 'write';

  constructor(name: string) {
    super(`EIO: nothing could be written to ${name}`);
  }
}

/** After a failed sync a later one that succeeds proves nothing (the kernel has dropped the
 * pages): so the recorder goes on in a new file, and tells what may be missing. */
export class SyncFailed extends Error {
  readonly records: number;

  constructor(name: string, records: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${name} could not be put on the disk (${reason})`, { cause });
    this.records = records;
  }
}
