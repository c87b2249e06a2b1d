// Reads a log out of memory, and the records that PowerShell makes of its batches.

import {
  type BadLine,
  everything,
  type LogPart,
  type ReadOptions,
} from '../../../../ts-worker/src/logs/read/context.ts';
import type { ProcessRecord } from '../../../../ts-worker/src/logs/read/process-record.ts';
import { readLog } from '../../../../ts-worker/src/logs/read/read-log.ts';
import type { RecordColumns } from '../../../../ts-worker/src/logs/read/record-columns.ts';
import { parseTimeZone } from '../../../../ts-worker/src/logs/read/time-zone.ts';
import { toIso } from '../../../../ts-worker/src/time/iso.ts';
import { numbersOf, RowDecoder } from '../../support/number-columns.ts';

/** PRPortRecord of design.md. */
export interface PortRecordRow {
  readonly Time: string;
  readonly Change: string | null;
  readonly Protocol: string | null;
  readonly LocalPort: number | null;
  readonly LocalAddress: string | null;
  readonly RemotePort: number | null;
  readonly RemoteAddress: string | null;
  readonly OwningProcess: number | null;
  readonly ProcessName: string | null;
  readonly User: string | null;
  readonly State: string | null;
  readonly PreviousState: string | null;
  readonly Attribution: string | null;
  readonly Services: readonly string[] | null;
  readonly Path: string | null;
  readonly ProcessStartTime: string | null;
  readonly Namespace: string | null;
  readonly Missed: number | null;
  readonly Reason: string | null;
  readonly File: string;
  readonly LineNumber: number;
}

export interface ReadResult {
  readonly kind: LogPart['kind'];
  readonly rows: PortRecordRow[];
  readonly processes: ProcessRecord[];
  readonly bad: BadLine[];
  readonly assumedZone: boolean;
  readonly bytesRead: number;
}

/** A batch, also one with templates made up for a test. */
export interface Batch {
  readonly restart?: true;
  readonly templates?: readonly object[];
  readonly addresses?: string;
  readonly records: RecordColumns;
}

/** As the module does it: a template, and what differs. */
export function rowsOf(batches: Iterable<Batch>): PortRecordRow[] {
  const decoder = new RowDecoder();
  const rows = [...batches].flatMap((batch) =>
    decoder.decode(batch, numbersOf({ ...batch.records })),
  );
  return rows.map((row) => ({ ...row, Time: toIso(row.Time / 1000) }) as unknown as PortRecordRow);
}

export const utc = { timeZone: parseTimeZone('UTC') };

/** One buffer serves all pieces, as where a file is read. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.fill(0xff);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

/** `chunk`: so many bytes come at once. */
export async function readBytes(
  bytes: Uint8Array | string,
  options: Partial<ReadOptions> = utc,
  chunk = 65_536,
): Promise<ReadResult> {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const source = { file: 'a.log', chunks: () => pieces(buffer, chunk) };
  const parts: LogPart[] = [];
  for await (const part of readLog(source, { ...everything, ...options })) parts.push(part);
  return {
    kind: parts.at(-1)?.kind ?? null,
    rows: rowsOf(parts.flatMap(({ records }) => records)),
    processes: parts.flatMap(({ processes }) => processes),
    bad: parts.flatMap(({ bad }) => bad),
    assumedZone: parts.some(({ assumedZone }) => assumedZone),
    bytesRead: parts.at(-1)?.bytesRead ?? 0,
  };
}
