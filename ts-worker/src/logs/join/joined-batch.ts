// Batches of PR-PORTS with the entry of PR-PIDS that belongs to each record.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LogHeader } from '../format/header-reader.ts';
import { everything, type LogPart, type ReadOptions } from '../read/context.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import { type LogSource, readLog } from '../read/read-log.ts';
import type { RecordColumns } from '../read/record-columns.ts';
import { type RecordRow, RecordRows } from '../read/record-rows.ts';
import type { RecordBatch } from '../read/record-template.ts';
import { ProcessLog } from './process-log.ts';

interface JoinedColumns extends RecordColumns {
  /** The number of each record's entry; -1 where it has none. */
  readonly ProcessRecord: Int16Array;
}

export interface JoinedBatch extends RecordBatch {
  /** True where the numbers of entries begin at 0 again. */
  readonly restartProcesses?: true;
  readonly records: JoinedColumns;
  /** Those that no earlier batch had. */
  readonly entries: readonly ProcessRecord[];
}

/** So many endpoints of entries may be remembered on the other side, and those of a batch. */
const mostEndpoints = 10_000;

/** Numbers the entries of a file, each when it comes first. */
class EntryNumbers {
  #numbers = new Map<ProcessRecord, number>();
  #endpoints = 0;
  #isRestart = true;
  #fresh: ProcessRecord[] = [];

  of(entry: ProcessRecord): number {
    let number = this.#numbers.get(entry);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(entry, number);
      this.#endpoints += entry.endpoints.length;
      this.#fresh.push(entry);
    }
    return number;
  }

  /** Ends a batch. */
  take(): Pick<JoinedBatch, 'restartProcesses' | 'entries'> {
    const entries = this.#fresh;
    const restart = this.#isRestart ? ({ restartProcesses: true } as const) : {};
    this.#fresh = [];
    this.#isRestart = Math.max(this.#endpoints, this.#numbers.size) > mostEndpoints;
    if (this.#isRestart) {
      this.#numbers = new Map();
      this.#endpoints = 0;
    }
    return { ...restart, entries };
  }
}

/** The PR-PIDS beside a PR-PORTS: the one that it names, else the one of the same stamp. What it
 * names is looked for in its own directory only. Null where there is none. */
export function processLogOf(ports: string, { processLog }: LogHeader): string | null {
  const own = basename(ports).replace(/PR-PORTS/i, 'PR-PIDS');
  const names = [...(processLog === null ? [] : [basename(processLog)]), own];
  const paths = names.flatMap((name) => [name, name.replace(/\.gz$/i, ''), `${name}.gz`]);
  const here = paths.map((name) => join(dirname(ports), name)).filter((path) => path !== ports);
  return here.find((path) => existsSync(path)) ?? null;
}

/** What is read, and who is told of what comes beside the entries. */
export interface ProcessSource {
  readonly source: LogSource;
  readonly timeZone: ReadOptions['timeZone'];
  readonly told: (part: LogPart) => void;
}

export class Joiner {
  readonly #rows = new RecordRows();
  readonly #numbers = new EntryNumbers();
  readonly #log: ProcessLog | null;

  /** Null where there is no PR-PIDS. */
  constructor(processes: ProcessSource | null) {
    if (processes === null) this.#log = null;
    else {
      const { source, timeZone, told } = processes;
      const isGrowing = source.isGrowing === true;
      this.#log = new ProcessLog(readLog(source, { ...everything, timeZone }), told, { isGrowing });
    }
  }

  /** Has to get every batch of the file, in their order. */
  async join(batch: RecordBatch): Promise<JoinedBatch> {
    const ProcessRecord = new Int16Array(batch.records.Template.length);
    let place = 0;
    for (const row of this.#rows.of(batch)) {
      const known = this.#log === null ? null : this.#log.certain(row);
      const entry = known === undefined ? await this.#find(row) : known;
      ProcessRecord[place++] = entry === null ? -1 : this.#numbers.of(entry);
    }
    return { ...batch, records: { ...batch.records, ProcessRecord }, ...this.#numbers.take() };
  }

  async #find(row: RecordRow): Promise<ProcessRecord | null> {
    return this.#log === null ? null : await this.#log.find(row);
  }

  async close(): Promise<void> {
    await this.#log?.close();
  }
}
