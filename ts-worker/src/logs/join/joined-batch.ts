// Batches of PR-PORTS with the entry of PR-PIDS that belongs to each record.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LogHeader } from '../format/header-reader.ts';
import { everything, type LogPart, type ReadOptions } from '../read/context.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import { fileSource, readLog } from '../read/read-log.ts';
import { RecordRows } from '../read/record-rows.ts';
import type { RecordBatch } from '../read/record-template.ts';
import { ProcessLog } from './process-log.ts';

export interface JoinedBatch extends RecordBatch {
  /** Of each record in `entries`; null where it has none. */
  readonly places: readonly (number | null)[];
  readonly entries: readonly ProcessRecord[];
}

/** The PR-PIDS beside a PR-PORTS: the one that it names, else the one of the same stamp. What it
 * names is looked for in its own directory only. Null where there is none. */
function processLogOf(ports: string, { processLog }: LogHeader): string | null {
  const own = basename(ports).replace(/PR-PORTS/i, 'PR-PIDS');
  const names = [...(processLog === null ? [] : [basename(processLog)]), own];
  const paths = names.flatMap((name) => [name, name.replace(/\.gz$/i, ''), `${name}.gz`]);
  const here = paths.map((name) => join(dirname(ports), name)).filter((path) => path !== ports);
  return here.find((path) => existsSync(path)) ?? null;
}

export class Joiner {
  readonly #rows = new RecordRows();
  readonly #log: ProcessLog | null;
  /** Null where there is no PR-PIDS. */
  readonly path: string | null;

  constructor(
    ports: string,
    header: LogHeader,
    options: Pick<ReadOptions, 'timeZone'>,
    told: (part: LogPart) => void,
  ) {
    this.path = processLogOf(ports, header);
    const { timeZone } = options;
    this.#log =
      this.path === null
        ? null
        : new ProcessLog(readLog(fileSource(this.path), { ...everything, timeZone }), told);
  }

  /** Has to get every batch of the file, in their order. */
  async join(batch: RecordBatch): Promise<JoinedBatch> {
    const numbers = new Map<ProcessRecord, number>();
    const places: (number | null)[] = [];
    for (const row of this.#rows.of(batch)) {
      const entry = this.#log === null ? null : await this.#log.find(row);
      if (entry !== null && !numbers.has(entry)) numbers.set(entry, numbers.size);
      places.push(entry === null ? null : (numbers.get(entry) ?? null));
    }
    return { ...batch, places, entries: [...numbers.keys()] };
  }

  async close(): Promise<void> {
    await this.#log?.close();
  }
}
