// Reads one log of any kind from its bytes: tells by its first lines what it is, and hands its
// lines on to what can read them. Nothing is kept but the beginning of a line whose end has not
// come yet.

import { PortReporterError } from '../../model/error.ts';
import type { LogKind } from '../format/file-name.ts';
import { HeaderReader } from '../format/header-reader.ts';
import { parseStatusLine } from '../format/status-line.ts';
import { type Block, blockOf, blocksOf, stopOf } from './block.ts';
import { type LogPart, ReadContext, type ReadOptions } from './context.ts';
import { decodeField } from './field-text.ts';
import type { LogParser } from './log-parser.ts';
import { PortParser } from './port-parser.ts';
import { ProcessParser } from './process-parser.ts';
import { RecordBatches } from './record-batches.ts';

/** Far more than a record can have: three bytes for each of a path of 4,096, and the rest. */
const longestLine = 1 << 20;

/** Milliseconds that a record waits for others, so that few large batches come. */
const longestWait = 50;

const lineFeed = 0x0a;

/** Records without a header: somebody cut them out of a log. */
const looksLikeRecord = (line: string): boolean =>
  /^\d{1,4}\/\d{1,2}\/\d{1,2},\d{1,2}:\d{1,2}:\d{1,2},/.test(line) ||
  parseStatusLine(line) !== null;

export class LogReader {
  readonly #context: ReadContext;
  readonly #batches: RecordBatches;
  #header = new HeaderReader();
  #kind: LogKind | null = null;
  #parser: LogParser | null = null;
  #rest: Buffer = Buffer.alloc(0);
  /** True within a line that is too long. */
  #isSkipping = false;
  /** When records were last given; the first ones do not wait. */
  #givenAt = Number.NEGATIVE_INFINITY;

  constructor(file: string, options: ReadOptions) {
    this.#context = new ReadContext(file, options);
    this.#batches = new RecordBatches(file, options.batchSize);
  }

  /** Throws where the file is no log. */
  take(bytes: Uint8Array): void {
    const more = this.#endBrokenLine(this.#behindLongLine(bytes));
    const end = more.lastIndexOf(lineFeed) + 1;
    for (const block of blocksOf(more.subarray(0, end))) this.#feed(block);
    this.#rest = Buffer.concat([this.#rest, more.subarray(end)]);
    if (this.#rest.length > longestLine) this.#skipLongLine();
  }

  /** Throws where the file is no log. */
  end(): void {
    const rest = blockOf(this.#rest).text;
    if (this.#parser === null && rest !== '')
      this.#takeHeader(blockOf(Buffer.from(`${rest}\n`, 'latin1')), 0);
    this.#parser?.end(rest);
    if (this.#parser === null) this.#kind ??= this.#header.header.kind ?? this.#refuse();
  }

  /** What came together since the last call. Records may wait for more, but not for long: without
   * `isHeld` they all come. */
  part(bytesRead: number, isHeld = false): LogPart {
    const processes = this.#context.processes.splice(0);
    const bad = this.#context.badLines.splice(0);
    const now = performance.now();
    const isLate = now - this.#givenAt > longestWait || processes.length + bad.length > 0;
    const records = this.#batches.take(isLate || !isHeld);
    if (records.length > 0) this.#givenAt = now;
    return {
      kind: this.#kind,
      header: this.#header.header,
      records,
      processes,
      bad,
      assumedZone: this.#context.assumedZone,
      bytesRead,
    };
  }

  bad(expected: string, came: string): void {
    this.#context.bad(expected, came);
  }

  #behindLongLine(chunk: Uint8Array): Buffer {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!this.#isSkipping) return bytes;
    const end = bytes.indexOf(lineFeed);
    this.#isSkipping = end < 0;
    return end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 1);
  }

  /** Puts a line together that came in two pieces; gives what stands behind it. */
  #endBrokenLine(bytes: Buffer): Buffer {
    const end = this.#rest.length === 0 ? 0 : bytes.indexOf(lineFeed) + 1;
    if (end === 0) return bytes;
    const line = Buffer.concat([this.#rest, bytes.subarray(0, end)]);
    this.#rest = Buffer.alloc(0);
    this.#feed(blockOf(line));
    return bytes.subarray(end);
  }

  #skipLongLine(): void {
    if (this.#parser === null) this.#refuse();
    this.#context.lineNumber++;
    this.#context.bad('a line of less than 1 MiB', blockOf(this.#rest).text);
    this.#rest = Buffer.alloc(0);
    this.#isSkipping = true;
  }

  #feed(block: Block): void {
    for (let at = 0; at < block.length; ) {
      if (this.#parser === null) at = this.#takeHeader(block, at);
      else {
        at = this.#parser.take(block, at);
        if (at < block.length) this.#beginAnother(this.#parser);
      }
    }
  }

  #beginAnother(parser: LogParser): void {
    parser.end('');
    this.#parser = null;
    this.#header = new HeaderReader();
  }

  /** Gives the place of the first line behind the header. */
  #takeHeader(block: Block, from: number): number {
    const { text } = block;
    for (let at = from; at < text.length; ) {
      const end = text.indexOf('\n', at);
      const line = decodeField(text.slice(at, stopOf(block, at, end)));
      if (!this.#header.take(line)) {
        this.#parser = this.#parserFor(line);
        return at;
      }
      this.#context.lineNumber++;
      at = end + 1;
    }
    return text.length;
  }

  #parserFor(line: string): LogParser {
    const { header } = this.#header;
    const kind = header.kind ?? (looksLikeRecord(line) ? 'PR-PORTS' : this.#refuse());
    this.#kind = kind;
    if (kind === 'PR-PORTS' || kind === 'PR-STATUS') {
      return new PortParser(header, this.#context, this.#batches);
    }
    return new ProcessParser(kind, header, this.#context);
  }

  #refuse(): never {
    const { file } = this.#context;
    throw new PortReporterError('PR_LOG_UNKNOWN', `'${file}' is no log of Port Reporter.`, {
      target: file,
      hint: "Its first line should begin with 'Port Reporter Version'.",
    });
  }
}
