// status.json: how the recorder is, for whoever asks while it runs or after it has ended. It lies in
// the log directory and is renewed every ten seconds; docs/recorder.md describes it.

import { isSameStart } from '../model/process.ts';

/** Starting: until PR-INITIAL is written. Degraded: it records, and something is wrong. Stopped: it
 * was asked to end, and wrote everything; after a kill the file still says what was before. */
export type RecorderState = 'Starting' | 'Running' | 'Degraded' | 'Stopped';

export interface RecorderStatus {
  /** Counted up when a reader of this one could not read the next. */
  readonly schema: 1;
  readonly state: RecorderState;
  /** Sentences; null where all is well. */
  readonly trouble: string | null;
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  /** A pid alone names nobody. Moments are ISO 8601, in UTC. */
  readonly processStarted: string | null;
  readonly since: string;
  /** When this was written: the last heartbeat. */
  readonly updated: string;
  /** Null until there is one. */
  readonly source: 'Kernel' | 'Polling' | null;
  readonly whyNotBetter: string | null;
  readonly logDirectory: string;
  /** Names of those that are being written. */
  readonly files: readonly string[];
  /** Since the start: records, gaps, and changes that the gaps say were missed. */
  readonly records: number;
  readonly gaps: number;
  readonly missed: number;
  /** Changes that wait for the disk. */
  readonly waiting: number;
  /** That are open now. */
  readonly endpoints: number;
  /** Bytes that the recorder takes of the machine's memory. */
  readonly memory: number;
}

/** Milliseconds between two. */
export const statusInterval = 10_000;

/** Older than this many milliseconds: the recorder is gone, hangs, or can't write. */
export const staleAfter = 3 * statusInterval;

export function formatStatus(status: RecorderStatus): string {
  return `${JSON.stringify(status, null, 2)}\n`;
}

/** Only the recorder writes there, so the schema's number vouches for the rest. */
const isStatus = (value: unknown): value is RecorderStatus =>
  typeof value === 'object' && value !== null && 'schema' in value && value.schema === 1;

/** Null for anything else than a whole status of this schema. */
export function parseStatus(text: string): RecorderStatus | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isStatus(value) ? value : null;
}

/** Whether a process is the one that wrote it; `startTime` in milliseconds since the epoch. */
export function isWriter(status: RecorderStatus, pid: number, startTime: number | null): boolean {
  const written = status.processStarted === null ? null : Date.parse(status.processStarted);
  return status.pid === pid && isSameStart(written, startTime);
}
