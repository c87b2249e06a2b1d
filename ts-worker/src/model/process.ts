// The facts of one process. A pid alone names nobody (pids are reused): pid and start time do.

import type { Attribution } from './endpoint.ts';

export interface ProcessFacts {
  readonly pid: number;
  /** Milliseconds since the epoch; null where it could not be read. */
  readonly startTime: number | null;
  /** The name of the process, never of one of its threads, and never cut. */
  readonly name: string | null;
  readonly path: string | null;
  readonly commandLine: string | null;
  /** `DOMAIN\name` on Windows, `name` on Linux, the bare SID or uid where it has no name. */
  readonly user: string | null;
  /** Windows services or systemd units; a container is named by its id. Empty: runs none. */
  readonly services: readonly string[] | null;
  /** Paths of the loaded modules; null where not asked for or not readable. */
  readonly modules: readonly string[] | null;
}

/** What is left of a process that ended, or that may not be read: its pid. */
export function unknownProcess(pid: number, startTime: number | null = null): ProcessFacts {
  return {
    pid,
    startTime,
    name: null,
    path: null,
    commandLine: null,
    user: null,
    services: null,
    modules: null,
  };
}

/** Who owns an endpoint, and how that is known. One object serves many endpoints. */
export interface Ownership {
  readonly owner: ProcessFacts | null;
  /** The other holders, by pid in ascending order; null where they are not known. */
  readonly sharedWith: readonly number[] | null;
  readonly attribution: Attribution;
}

/** Two readings of one start time differ by less than this many milliseconds: ticks are 10 ms. */
const sameStart = 50;

/** True for two start times of one pid unless they are known to be those of two processes. */
export function isSameStart(a: number | null, b: number | null): boolean {
  return a === null || b === null || Math.abs(a - b) < sameStart;
}

export function isSameProcess(a: ProcessFacts | null, b: ProcessFacts | null): boolean {
  if (a === null || b === null) return a === b;
  return a.pid === b.pid && isSameStart(a.startTime, b.startTime);
}
