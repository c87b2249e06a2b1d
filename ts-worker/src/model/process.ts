// The facts of one process. A pid alone names nobody (pids are reused): pid and start time do.

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
