// Reads PR-PIDS and PR-INITIAL. Where an entry names another one for its modules, they are taken
// from there: of each process the last list is remembered.

import type { ReadEntry } from '../format/entry-draft.ts';
import { EntryReader } from '../format/entry-reader.ts';
import { isEscaped, isFirstLine, type LogHeader } from '../format/header-reader.ts';
import { asUtc, recordStamp } from '../format/wall-time.ts';
import { type Block, stopOf } from './block.ts';
import type { ReadContext } from './context.ts';
import { decodeField } from './field-text.ts';
import type { LogParser } from './log-parser.ts';
import {
  compileProcessFilter,
  type ProcessRecord,
  type ProcessRecordTest,
} from './process-record.ts';
import type { LocalTimes } from './time-zone.ts';
import { localTimesOf } from './zone-of.ts';

/** Names of modules that are remembered: more than a log of the usual size has lines. */
const mostNames = 200_000;

interface ListedModules {
  readonly stamp: string;
  readonly modules: readonly string[];
}

export class ProcessParser implements LogParser {
  readonly #kind: ProcessRecord['kind'];
  readonly #header: LogHeader;
  readonly #context: ReadContext;
  readonly #reader: EntryReader;
  readonly #times: LocalTimes;
  readonly #passes: ProcessRecordTest;
  readonly #listed = new Map<number, ListedModules>();
  #listedNames = 0;

  constructor(kind: ProcessRecord['kind'], header: LogHeader, context: ReadContext) {
    this.#kind = kind;
    this.#header = header;
    this.#context = context;
    this.#reader = new EntryReader(isEscaped(header), (lineNumber, expected, came) => {
      context.bad(expected, came, lineNumber);
    });
    this.#times = localTimesOf(header, context);
    this.#passes = compileProcessFilter(context.options.filter);
  }

  take(block: Block, from: number): number {
    const { text } = block;
    for (let at = from; at < text.length; ) {
      const end = text.indexOf('\n', at);
      const line = text.slice(at, stopOf(block, at, end));
      if (isFirstLine(line)) return at;
      this.#takeLine(line);
      at = end + 1;
    }
    return text.length;
  }

  end(rest: string): void {
    const ours = isEscaped(this.#header);
    if (rest !== '' && !ours) this.#takeLine(rest);
    else if (rest !== '') this.#context.bad('a whole line', rest, ++this.#context.lineNumber);
    for (const entry of this.#reader.end()) this.#give(entry);
    const isCutOff = ours && this.#kind === 'PR-INITIAL' && !this.#reader.isEnded;
    if (isCutOff) this.#context.bad('the line that ends the log', 'the end of the file');
  }

  #takeLine(line: string): void {
    this.#context.lineNumber++;
    const entry = this.#reader.take(decodeField(line), this.#context.lineNumber);
    if (entry !== null) this.#give(entry);
  }

  #give(entry: ReadEntry): void {
    const wall = entry.stamp ?? this.#header.systemDate;
    if (wall === null) {
      this.#context.bad('a date and time', 'a process without one', entry.lineNumber);
      return;
    }
    const record: ProcessRecord = {
      kind: this.#kind,
      file: this.#context.file,
      lineNumber: entry.lineNumber,
      time: this.#times.next(asUtc(wall)),
      owner: this.#withModules(entry),
      endpoints: entry.endpoints,
      statistics: entry.statistics,
      computerName: this.#header.computerName,
      operatingSystem: this.#header.operatingSystem,
    };
    if (this.#context.isWithin(record.time) && this.#passes(record)) {
      this.#context.processes.push(record);
    }
  }

  #withModules({ owner, stamp, modulesAt }: ReadEntry): ProcessRecord['owner'] {
    if (owner === null) return null;
    if (owner.modules !== null && stamp !== null) {
      this.#list(owner.pid, { stamp: recordStamp(stamp), modules: owner.modules });
    }
    const listed = this.#listed.get(owner.pid);
    if (modulesAt === null || listed?.stamp !== modulesAt) return owner;
    return { ...owner, modules: listed.modules };
  }

  /** Forgets what was listed first where there is too much. */
  #list(pid: number, listed: ListedModules): void {
    this.#forget(pid);
    this.#listed.set(pid, listed);
    this.#listedNames += listed.modules.length;
    for (const first of this.#listed.keys()) {
      if (this.#listedNames <= mostNames || first === pid) return;
      this.#forget(first);
    }
  }

  #forget(pid: number): void {
    this.#listedNames -= this.#listed.get(pid)?.modules.length ?? 0;
    this.#listed.delete(pid);
  }
}
