// What the logs of a recorder need to know, and what they tell of themselves.

import type { ProcessReader } from '../../processes/source.ts';
import type { Machine } from '../format/header.ts';
import type { LogFormat } from '../format/port-columns.ts';
import type { OwnedRow } from '../open/open-endpoints.ts';
import type { LogClock } from './clock.ts';
import type { LogDirectory } from './directory.ts';
import { defaultLimits, type RetentionRule } from './retention.ts';

/** What is open, as a look at the tables tells. */
export interface OpenNow {
  readonly rows: readonly OwnedRow[];
  /** Milliseconds since the epoch: changes up to then may be in the rows already. */
  readonly until: number;
}

export interface LogSetOptions {
  readonly directory: LogDirectory;
  readonly clock: LogClock;
  /** Reads the modules of processes. */
  readonly processes: ProcessReader;
  /** Looks at the tables again, after changes were lost. */
  readonly look: () => Promise<OpenNow>;
  readonly machine: Machine;
  /** CRLF on Windows. */
  readonly newline: string;
  readonly format: LogFormat;
  /** Always: every entry of PR-PIDS lists all modules. */
  readonly moduleDetail: 'WhenChanged' | 'Always';
  /** Bytes after which PR-PORTS and PR-PIDS are followed by new ones. */
  readonly maxLogSize: number;
  readonly retention: RetentionRule;
  /** Changes that may wait for the disk; some 300 bytes each. */
  readonly mostWaiting: number;
}

export const defaults = {
  format: 'Extended',
  moduleDetail: 'WhenChanged',
  maxLogSize: 5 * 2 ** 20,
  retention: defaultLimits,
  mostWaiting: 500_000,
} as const satisfies Partial<LogSetOptions>;

/** What stands between the recorder and the disk. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** For status.json. */
export interface LogHealth {
  /** Null where all is well. */
  readonly trouble: Trouble | null;
  /** Why new files are due and can't be made, so that the old ones go on; null where all is
   * well. */
  readonly rollTrouble: string | null;
  /** Why old files could not be removed; null where all is well. */
  readonly retentionTrouble: string | null;
  /** The files that are being written. */
  readonly files: readonly string[];
  /** Records since the start. */
  readonly records: number;
  readonly waiting: number;
  /** Gaps that were told since the start, and the changes that they say were missed. */
  readonly gaps: number;
  readonly missed: number;
  /** What is open now. */
  readonly endpoints: number;
  /** False from the start until the first PR-INITIAL is written. */
  readonly isReady: boolean;
}
