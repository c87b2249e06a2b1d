// The seam between ways of watching: whatever tells changes stands behind this.

import type { Change } from '../model/change.ts';
import type { OwnedEndpoint } from '../snapshot/snapshot.ts';

export interface ActivityOptions {
  /** Milliseconds between two readings of the tables, where they are polled. */
  readonly interval: number;
  /** Processes whose end is told even if they have no socket; kernel events tell of every end. */
  readonly watchedProcesses: ReadonlySet<number>;
}

export interface ActivityListener {
  /** Changes in the order in which they were told. */
  changes(changes: readonly Change[]): void;
  /** Something that a person may want to hear, such as a clock that was set. */
  note(text: string): void;
  /** The source is broken and tells nothing more. */
  failed(error: unknown): void;
}

export interface ActivitySource {
  readonly name: 'Kernel' | 'Polling';
  /** Resolves with what is open now, when every later change will be told. */
  start(listener: ActivityListener): Promise<readonly OwnedEndpoint[]>;
  stop(): Promise<void>;
}
