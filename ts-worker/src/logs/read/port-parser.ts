// Reads the lines of PR-PORTS and PR-STATUS. The filter comes first: of a line that does not pass
// no object is made.

import { isFirstLine, type LogHeader } from '../format/header-reader.ts';
import { genuineColumns } from '../format/port-columns.ts';
import { BadField } from '../format/port-record.ts';
import { parseStatusLine, type StatusRead } from '../format/status-line.ts';
import { type Block, blockOf, stopOf } from './block.ts';
import type { ReadContext } from './context.ts';
import { CutLine } from './cut-line.ts';
import { decodeField } from './field-text.ts';
import { Layout } from './layout.ts';
import { type LineTimes, UtcTimes, WallTimes } from './line-times.ts';
import type { LogParser } from './log-parser.ts';
import type { RecordBatches } from './record-batches.ts';
import { compileLineFilter, type LineTest } from './record-filter.ts';
import { localTimesOf } from './zone-of.ts';

const digitZero = 0x30;
const digitNine = 0x39;
const hash = 0x23;
const lineFeed = 0x0a;

/** Of genuine records the last may have lost its end of line; its user stands in brackets. */
const isWhole = (rest: string): boolean => {
  return />\s*$/.test(rest) && rest.split(',').length >= genuineColumns.length;
};

export class PortParser implements LogParser {
  readonly #context: ReadContext;
  readonly #batches: RecordBatches;
  readonly #line: CutLine;
  readonly #times: LineTimes;
  readonly #filter: readonly LineTest[];
  /** True where the time of every line has to be known, not only of those that pass. */
  readonly #timesFirst: boolean;
  /** True where not all times are asked for. */
  readonly #isBounded: boolean;
  /** False where only some kinds of changes are asked for. */
  readonly #wantsStatus: boolean;

  constructor(header: LogHeader, context: ReadContext, batches: RecordBatches) {
    const { filter } = context.options;
    const layout = new Layout(header);
    const hasUtc = layout.has('time (UTC)');
    this.#context = context;
    this.#batches = batches;
    this.#line = new CutLine(layout);
    this.#times = hasUtc
      ? new UtcTimes(layout)
      : new WallTimes(layout, localTimesOf(header, context));
    this.#timesFirst = !hasUtc;
    this.#isBounded = context.isBounded;
    this.#filter = compileLineFilter(layout, filter);
    this.#wantsStatus = filter.change === undefined;
    batches.setLayout(layout);
  }

  take(block: Block, from: number): number {
    const { bytes } = block;
    for (let at = from; at < bytes.length; ) {
      const end = bytes.indexOf(lineFeed, at);
      const stop = stopOf(block, at, end);
      const first = bytes[at] ?? 0;
      if (first >= digitZero && first <= digitNine) this.#takeRecord(block, at, stop);
      else if (!this.#takeOther(block.text.slice(at, stop))) return at;
      at = end + 1;
    }
    return bytes.length;
  }

  end(rest: string): void {
    if (rest === '') return;
    if (!this.#line.isEscaped && isWhole(rest)) {
      const block = blockOf(Buffer.from(rest.trimEnd(), 'latin1'));
      this.#takeRecord(block, 0, block.length);
      return;
    }
    this.#context.lineNumber++;
    this.#context.bad('a whole line', rest);
  }

  #takeRecord(block: Block, from: number, to: number): void {
    this.#context.lineNumber++;
    this.#line.set(block, from, to);
    try {
      this.#readRecord(this.#line);
    } catch (error) {
      if (!(error instanceof BadField)) throw error;
      this.#context.bad(error.expected, block.text.slice(from, to));
    }
  }

  #readRecord(line: CutLine): void {
    const early = this.#timesFirst ? this.#times.of(line) : null;
    if (!this.#passes(line)) {
      if (line.isKnownWrong) throw this.#wrongCount;
      return;
    }
    if (this.#isBounded && !this.#isInTime(line, early)) return;
    const template = this.#batches.find(line);
    if (template === null && !line.layout.fits(line.count)) throw this.#wrongCount;
    const time = early ?? this.#times.of(line);
    this.#batches.addRecord(line, time, this.#context.lineNumber, template);
  }

  /** To be asked before anything of the line gets a number. */
  #isInTime(line: CutLine, time: number | null): boolean {
    if (!line.layout.fits(line.count)) throw this.#wrongCount;
    return this.#context.isWithin(time ?? this.#times.of(line));
  }

  get #wrongCount(): BadField {
    return new BadField('record', `${this.#line.layout.count} fields`);
  }

  #passes(line: CutLine): boolean {
    for (const test of this.#filter) if (!test(line)) return false;
    return true;
  }

  /** False where the line begins another log. */
  #takeOther(line: string): boolean {
    if (isFirstLine(line)) return false;
    this.#context.lineNumber++;
    if (line.charCodeAt(0) === hash) this.#takeStatus(line);
    else if (line.trim() !== '') this.#context.bad('a record or a status line', line);
    return true;
  }

  #takeStatus(line: string): void {
    const status = parseStatusLine(decodeField(line));
    if (status === null) this.#context.bad('# time kind count reason', line);
    else if (this.#isWanted(status)) this.#batches.addStatus(status, this.#context.lineNumber);
  }

  /** Gaps pass every filter but time: nobody knows whether what was missed would have passed. */
  #isWanted({ kind, time }: StatusRead): boolean {
    if (!this.#context.isWithin(time)) return false;
    return kind === 'Gap' || (this.#context.options.includeStatus && this.#wantsStatus);
  }
}
