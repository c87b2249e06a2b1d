// The seam between ways of watching: whatever tells changes stands behind this.

import type { Change } from '../model/change.ts';
import type { Endpoint } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';

export interface ActivityOptions {
  /** Milliseconds between two readings of the tables, where they are polled. */
  readonly interval: number;
  /** Processes whose end is told even if they have no socket; kernel events tell of every end. */
  readonly watchedProcesses: ReadonlySet<number>;
}

/** What was open when the watch began. */
export interface Existing {
  readonly endpoint: Endpoint;
  readonly ownership: Ownership;
}

/** A socket that was closed; nobody says whose it was. */
export interface ClosedEndpoint {
  readonly cookie: number;
  readonly endpoint: Endpoint;
}

/** Where the system tells of closed sockets, whatever they were. */
export interface ClosedEndpoints {
  /** Those since the last call; `lost` where there was no room for all of them. */
  take(): { readonly closed: readonly ClosedEndpoint[]; readonly lost: boolean };
  close(): void;
}

export interface ActivityListener {
  /** Resolves when more changes can be taken, undefined where they can now: a source waits for it where
   * it can hold things back. */
  ready(): Promise<void> | undefined;
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
  start(listener: ActivityListener): Promise<readonly Existing[]>;
  /** Resolves when all that it knew when it was asked has been told: the source is alive. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}
