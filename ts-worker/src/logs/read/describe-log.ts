// What a log is without giving its records: its kind, its first and last moment, how many records
// it has and whether it is whole. Of a large file that says so itself at its end only both ends are
// read, of others every line's first characters are looked at.

import { open } from 'node:fs/promises';
import { compareBegun, type LogKind } from '../format/file-name.ts';
import { HeaderReader, isEscaped, type LogHeader } from '../format/header-reader.ts';
import { endOfLog } from '../format/process-entry.ts';
import { parseStatusLine, type StatusRead } from '../format/status-line.ts';
import { asUtc, momentOf } from '../format/wall-time.ts';
import { everything } from './context.ts';
import { asLogError, type FoundLog } from './found-logs.ts';
import { PackedWrongly, plainBytes } from './plain-bytes.ts';
import { fileSource, type LogSource, readLog } from './read-log.ts';
import { timeAt } from './record-columns.ts';
import { LocalTimes, machineZone } from './time-zone.ts';

/** Complete: nothing is missing at its end. Torn: it ends inside a line. Interrupted: its recorder
 * ended without a last line, or still writes to it. */
export type LogState = 'Complete' | 'Torn' | 'Interrupted';

export interface LogDescription {
  readonly log: FoundLog;
  readonly kind: LogKind | null;
  readonly header: LogHeader;
  /** Milliseconds since the epoch; null where the file does not say. */
  readonly start: number | null;
  readonly end: number | null;
  readonly records: number;
  readonly state: LogState;
}

const headLength = 8192;
/** Enough for the last entry of a PR-PIDS with all its modules, mostly; else all of it is read. */
const tailLength = 65_536;
const lineFeed = 0x0a;

/** Both ends of a log, unpacked, and its records where every line was looked at. */
interface Ends {
  head: Buffer;
  tail: Buffer;
  records: number | null;
}

const recordMarks: Readonly<Record<LogKind, (line: string) => boolean>> = {
  'PR-PORTS': (line) => /^\d/.test(line),
  'PR-STATUS': (line) => line.startsWith('#'),
  'PR-PIDS': (line) => line.startsWith('Process ID:'),
  'PR-INITIAL': (line) => line.startsWith('Process ID:'),
};

const markLength = 'Process ID:'.length;

/** Counts by the first characters of lines, which may come in pieces. */
class RecordCount {
  readonly #isRecord: (line: string) => boolean;
  #begin = '';
  count = 0;

  constructor(kind: LogKind) {
    this.#isRecord = recordMarks[kind];
  }

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const missing = markLength - this.#begin.length;
      const next = bytes.indexOf(lineFeed, at);
      const end = next < 0 ? bytes.length : next;
      if (missing > 0) this.#begin += bytes.toString('latin1', at, Math.min(end, at + missing));
      if (next >= 0) this.endLine();
      at = end + 1;
    }
  }

  endLine(): void {
    if (this.#isRecord(this.#begin)) this.count += 1;
    this.#begin = '';
  }
}

async function readBothEnds({ path, size }: FoundLog): Promise<Ends> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(Math.min(headLength, size));
    const tail = Buffer.alloc(Math.min(tailLength, size));
    await handle.read(head, 0, head.length, 0);
    await handle.read(tail, 0, tail.length, size - tail.length);
    return { head, tail, records: null };
  } finally {
    await handle.close();
  }
}

async function readWhole({ path }: FoundLog): Promise<Ends> {
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let count: RecordCount | null = null;
  try {
    for await (const chunk of plainBytes(fileSource(path).chunks())) {
      const bytes = Buffer.from(chunk); // a copy: the chunk is used again
      if (head.length < headLength) head = Buffer.concat([head, bytes]).subarray(0, headLength);
      count ??= new RecordCount(headerOf(head).header.kind ?? 'PR-PORTS');
      count.take(bytes);
      tail = Buffer.concat([tail, bytes]).subarray(-tailLength);
    }
  } catch (error) {
    if (!(error instanceof PackedWrongly)) throw error; // what could be unpacked is described
  }
  return { head, tail, records: count?.count ?? 0 };
}

/** The header, and how long it is. */
function headerOf(head: Buffer): { header: LogHeader; length: number } {
  const reader = new HeaderReader();
  let length = 0;
  for (let end = head.indexOf(lineFeed); end >= 0; end = head.indexOf(lineFeed, length)) {
    if (!reader.take(head.toString('latin1', length, end).trimEnd())) break;
    length = end + 1;
  }
  return { header: reader.header, length };
}

function lastLine(tail: Buffer): string {
  const text = tail.toString('latin1').trimEnd();
  return text.slice(text.lastIndexOf('\n') + 1).trimEnd();
}

/** The last line of a PR-PORTS or PR-STATUS that says so. */
function endLine(tail: Buffer): StatusRead | null {
  const status = parseStatusLine(lastLine(tail));
  return status?.kind === 'End' ? status : null;
}

function stateOf({ head, tail }: Ends): LogState {
  if (tail.length > 0 && tail.at(-1) !== lineFeed) return 'Torn';
  const isEnded = endLine(tail) !== null || lastLine(tail) === endOfLog;
  return isEnded || !isEscaped(headerOf(head).header) ? 'Complete' : 'Interrupted';
}

/** The header and the last lines alone, as a log. */
function endsSource({ head, tail }: Ends, file: string): LogSource {
  const { length } = headerOf(head);
  const begin = tail.length < tailLength ? length : tail.indexOf(lineFeed) + 1;
  const chunks = async function* () {
    yield Buffer.concat([head.subarray(0, length), tail.subarray(begin)]);
  };
  return { file, chunks };
}

/** The last moment that a log tells of. */
async function lastMoment(source: LogSource): Promise<number | null> {
  let last: number | null = null;
  for await (const part of readLog(source, { ...everything, includeStatus: true })) {
    const records = part.records.at(-1)?.records;
    if (records !== undefined) last = timeAt(records, records.Template.length - 1) / 1000;
    last = part.processes.at(-1)?.time ?? last;
  }
  return last;
}

function startOf({ name }: FoundLog, { systemDate, offset }: LogHeader): number | null {
  const wall = name?.begun ?? systemDate;
  if (wall === null) return null;
  return offset === null ? new LocalTimes(machineZone()).next(asUtc(wall)) : momentOf(wall, offset);
}

/** Throws a PortReporterError where the file can't be read or is no log. */
export async function describeLog(log: FoundLog): Promise<LogDescription> {
  try {
    let ends = log.name?.isCompressed === true ? await readWhole(log) : await readBothEnds(log);
    const { header } = headerOf(ends.head);
    const count = endLine(ends.tail)?.count ?? null;
    if (count === null || header.kind !== 'PR-PORTS') ends = await readWhole(log);
    // An entry with thousands of endpoints is larger than the tail.
    const end =
      (await lastMoment(endsSource(ends, log.path))) ?? (await lastMoment(fileSource(log.path)));
    const start = startOf(log, headerOf(ends.head).header);
    return {
      log,
      kind: headerOf(ends.head).header.kind ?? log.name?.kind ?? null,
      header: headerOf(ends.head).header,
      start,
      end: end ?? start,
      records: ends.records ?? count ?? 0,
      state: stateOf(ends),
    };
  } catch (error) {
    throw asLogError(log.path, error);
  }
}

/** A Legacy PR-PORTS has no last line of its own: the PR-STATUS of the same stamp has it. */
export function withStatusOf(all: readonly LogDescription[]): LogDescription[] {
  return all.map((each) => {
    const { kind, header, state, log } = each;
    const hasOwn = kind !== 'PR-PORTS' || header.columns?.includes('state') !== false;
    if (state !== 'Interrupted' || hasOwn) return each;
    const status = all.find(
      ({ kind, log: { name } }) =>
        kind === 'PR-STATUS' && name !== null && log.name !== null && !compareBegun(name, log.name),
    );
    return { ...each, state: status?.state ?? state };
  });
}
