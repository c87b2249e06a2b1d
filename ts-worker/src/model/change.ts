// A change: one endpoint appeared, disappeared, changed state or was credited to another owner, at a
// time. Beside it stand what a watcher must hear of, too: that a watched process ended, and gaps.

import type { Endpoint, State } from './endpoint.ts';
import type { Ownership, ProcessFacts } from './process.ts';

export const changeKinds = [
  'Appeared',
  'Changed',
  'Reattributed',
  'Disappeared',
  'ProcessExited',
  'Gap',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** How a change was seen. Kernel: the kernel told of it as it happened. Polling: two readings of the
 * tables differ. Inferred: deduced, with the time of the deduction. Table: it was open already when the
 * watch began. */
export type ChangeSource = 'Kernel' | 'Polling' | 'Inferred' | 'Table';

export interface EndpointChange {
  readonly kind: 'Appeared' | 'Changed' | 'Reattributed' | 'Disappeared';
  /** Milliseconds since the epoch; the fraction holds microseconds where the source has them. */
  readonly time: number;
  readonly endpoint: Endpoint;
  readonly ownership: Ownership;
  readonly previousState: State | null;
  readonly previousOwner: ProcessFacts | null;
  readonly source: ChangeSource;
}

export interface ProcessExit {
  readonly kind: 'ProcessExited';
  readonly time: number;
  readonly ownership: Ownership;
  readonly source: ChangeSource;
}

/** A stretch in which changes may have been missed. */
export interface Gap {
  readonly kind: 'Gap';
  readonly time: number;
  /** How many events were lost; null where nobody counted them. */
  readonly missed: number | null;
  readonly reason: string;
  readonly source: ChangeSource;
}

export type Change = EndpointChange | ProcessExit | Gap;
