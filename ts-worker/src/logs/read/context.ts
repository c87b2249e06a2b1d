// What all parts of the reading of one file share: where it is, what is asked for, and what came
// out.

import type { ChangeFilterTexts } from '../../model/filter/change.ts';
import type { LogKind } from '../format/file-name.ts';
import type { LogHeader } from '../format/header-reader.ts';
import { decodeField } from './field-text.ts';
import type { ProcessRecord } from './process-record.ts';
import type { RecordBatch } from './record-template.ts';
import type { TimeZone } from './time-zone.ts';

export interface ReadOptions {
  /** Everything passes a filter that is not given. */
  readonly filter: ChangeFilterTexts;
  /** Milliseconds since the epoch; what lies on the boundary passes. */
  readonly after: number;
  readonly before: number;
  /** Of logs that do not say their offset; null: this machine's. */
  readonly timeZone: TimeZone | null;
  /** Heartbeats and the like beside the gaps, which always come. */
  readonly includeStatus: boolean;
  /** So many records make a batch. */
  readonly batchSize: number;
}

export const everything: ReadOptions = {
  filter: {},
  after: Number.NEGATIVE_INFINITY,
  before: Number.POSITIVE_INFINITY,
  timeZone: null,
  includeStatus: false,
  batchSize: 500,
};

/** A line that can't be understood; the reading goes on behind it. */
export interface BadLine {
  readonly file: string;
  readonly lineNumber: number;
  readonly expected: string;
  /** What stands there, cut to a length that can be shown. */
  readonly came: string;
}

/** What a stretch of a file gave. */
export interface LogPart {
  /** Null until it is known. */
  readonly kind: LogKind | null;
  /** What the file says of itself, as far as it is known. */
  readonly header: LogHeader;
  /** Of PR-PORTS, and gaps. */
  readonly records: readonly RecordBatch[];
  /** Of PR-PIDS and PR-INITIAL. */
  readonly processes: readonly ProcessRecord[];
  readonly bad: readonly BadLine[];
  /** True once times were taken for those of this machine's zone, since nothing said otherwise. */
  readonly assumedZone: boolean;
  /** How many bytes of the file are behind us, as it lies there (packed or not). */
  readonly bytesRead: number;
}

const longestShown = 200;

export class ReadContext {
  readonly file: string;
  readonly options: ReadOptions;
  readonly processes: ProcessRecord[] = [];
  readonly badLines: BadLine[] = [];
  lineNumber = 0;
  assumedZone = false;

  constructor(file: string, options: ReadOptions) {
    this.file = file;
    this.options = options;
  }

  /** `came`: bytes as they stand in the file. */
  bad(expected: string, came: string, lineNumber = this.lineNumber): void {
    const shown = decodeField(came.slice(0, longestShown));
    const { file } = this;
    this.badLines.push({ file, lineNumber, expected, came: shown });
  }

  /** False where every time is asked for. */
  get isBounded(): boolean {
    return Number.isFinite(this.options.after) || Number.isFinite(this.options.before);
  }

  isWithin(time: number): boolean {
    return time >= this.options.after && time <= this.options.before;
  }
}
