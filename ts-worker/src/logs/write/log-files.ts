// The files of one set while they are being written: PR-PORTS and PR-PIDS, PR-STATUS beside them in
// the Legacy format, and sometimes a new PR-INITIAL. All are made, or none is.

import { fileName, type LogKind } from '../format/file-name.ts';
import {
  initialHeader,
  portsHeader,
  processHeader,
  type SetFacts,
  stampOf,
  statusHeader,
} from '../format/header.ts';
import { PortLines } from '../format/port-line.ts';
import { endOfLog } from '../format/process-entry.ts';
import { type Status, statusLine } from '../format/status-line.ts';
import type { LogDirectory } from './directory.ts';
import { LogFile } from './log-file.ts';

const headers: Readonly<Record<LogKind, (facts: SetFacts) => string[]>> = {
  'PR-PORTS': portsHeader,
  'PR-PIDS': processHeader,
  'PR-STATUS': statusHeader,
  'PR-INITIAL': initialHeader,
};

export interface LogFilesOptions {
  readonly directory: LogDirectory;
  readonly facts: SetFacts;
  readonly withInitial: boolean;
  readonly newline: string;
  /** Milliseconds of the clock that never jumps. */
  readonly elapsed: number;
}

function kindsOf({ facts, withInitial }: LogFilesOptions): LogKind[] {
  const kinds: LogKind[] = ['PR-PORTS', 'PR-PIDS'];
  if (facts.format === 'Legacy') kinds.push('PR-STATUS');
  return withInitial ? [...kinds, 'PR-INITIAL'] : kinds;
}

async function createFile(kind: LogKind, options: LogFilesOptions): Promise<LogFile> {
  const { directory, facts, newline } = options;
  const name = fileName(kind, stampOf(facts));
  const file = new LogFile(name, await directory.create(name), newline);
  try {
    file.append(headers[kind](facts));
    await file.flush(options.elapsed);
    return file;
  } catch (error) {
    await discard(directory, file);
    throw error;
  }
}

/** What can't be undone is left: it has a header and nothing else. */
async function discard(directory: LogDirectory, file: LogFile): Promise<void> {
  await file.close().catch(() => {});
  await directory.remove(file.name).catch(() => {});
}

export class LogFiles {
  readonly facts: SetFacts;
  readonly lines: PortLines;
  readonly ports: LogFile;
  readonly processes: LogFile;
  /** Where status lines go: to PR-PORTS, or to PR-STATUS. */
  readonly status: LogFile;
  readonly initial: LogFile | null;
  readonly begunElapsed: number;
  readonly #directory: LogDirectory;
  #isListed = false;
  records = 0;
  /** True once it was said that a file is larger than it should be. */
  hasToldSize = false;

  private constructor(options: LogFilesOptions, made: ReadonlyMap<LogKind, LogFile>) {
    const [ports, processes] = [made.get('PR-PORTS'), made.get('PR-PIDS')];
    if (ports === undefined || processes === undefined) throw new Error('a set without its logs');
    this.facts = options.facts;
    this.#directory = options.directory;
    this.lines = new PortLines(options.facts.format, options.facts.offset);
    this.ports = ports;
    this.processes = processes;
    this.status = made.get('PR-STATUS') ?? ports;
    this.initial = made.get('PR-INITIAL') ?? null;
    this.begunElapsed = options.elapsed;
  }

  /** Rejects with EEXIST where the second has its files already. */
  static async create(options: LogFilesOptions): Promise<LogFiles> {
    const made = new Map<LogKind, LogFile>();
    try {
      for (const kind of kindsOf(options)) made.set(kind, await createFile(kind, options));
      return new LogFiles(options, made);
    } catch (error) {
      for (const file of made.values()) await discard(options.directory, file);
      throw error;
    }
  }

  get all(): LogFile[] {
    const files = [this.ports, this.processes, this.status, this.initial];
    return [...new Set(files)].filter((file) => file !== null);
  }

  get names(): string[] {
    return this.all.map(({ name }) => name);
  }

  /** Of the larger of the two that roll by their size. */
  get size(): number {
    return Math.max(this.ports.size, this.processes.size);
  }

  say(status: Status): void {
    this.status.append([statusLine(status)]);
  }

  /** The last lines, by which a reader sees that nothing is missing. */
  sayEnd(time: number, reason: string): void {
    this.say({ time, kind: 'End', count: this.records, reason });
    this.processes.append([endOfLog]);
  }

  async flush(elapsed: number): Promise<void> {
    for (const file of this.all) await file.flush(elapsed);
  }

  /** Rejects with SyncFailed. The names of new files go to the disk with their first lines. */
  async sync(): Promise<void> {
    for (const file of this.all) if (file.unsyncedSince !== null) await file.sync();
    if (!this.#isListed) await this.#directory.sync();
    this.#isListed = true;
  }

  /** The names of files that were removed, or have others in their place. */
  async missing(): Promise<string[]> {
    const missing: string[] = [];
    for (const file of this.all) if (!(await file.isInPlace())) missing.push(file.name);
    return missing;
  }

  /** When the oldest byte was written that may not be on the disk yet; null where all is. */
  get unsyncedSince(): number | null {
    const since = this.all.flatMap((file) => file.unsyncedSince ?? []);
    return since.length === 0 ? null : Math.min(...since);
  }

  async close(): Promise<void> {
    for (const file of this.all) await file.close().catch(() => {});
  }
}
