// Processes with what each has open. A pid alone names nobody: after one process has ended, another
// may have its pid while the first's connections still wait for their end.

import type { Endpoint } from '../../model/endpoint.ts';
import { isSameProcess, type Ownership, type ProcessFacts } from '../../model/process.ts';

export interface OpenEndpoint {
  endpoint: Endpoint;
  ownership: Ownership;
  process: ProcessEndpoints;
}

/** A process with what it has open; one more stands for what nobody owns. */
export interface ProcessEndpoints {
  owner: ProcessFacts | null;
  readonly rows: Set<OpenEndpoint>;
  hasExited: boolean;
}

/** Processes without anything open that are kept, since they may open something again. */
const mostIdle = 10_000;

export class Processes {
  readonly #byPid = new Map<number, ProcessEndpoints[]>();
  readonly #nobody: ProcessEndpoints = { owner: null, rows: new Set(), hasExited: false };
  #idle = 0;
  #size = 0;

  /** Endpoints of all of them. */
  get size(): number {
    return this.#size;
  }

  /** The same object for as long as the process is known. */
  of(owner: ProcessFacts | null): ProcessEndpoints {
    if (owner === null) return this.#nobody;
    const known = this.#byPid.get(owner.pid) ?? [];
    const found = known.find((each) => isSameProcess(each.owner, owner));
    if (found !== undefined) {
      found.owner = owner; // more may be known of it by now
      return found;
    }
    const added: ProcessEndpoints = { owner, rows: new Set(), hasExited: false };
    this.#byPid.set(owner.pid, [...known, added]);
    this.#idle += 1;
    return added;
  }

  add(row: OpenEndpoint): void {
    if (row.process.rows.size === 0) this.#idle -= 1;
    row.process.rows.add(row);
    this.#size += 1;
  }

  remove(row: OpenEndpoint): void {
    const { process } = row;
    if (!process.rows.delete(row)) return;
    this.#size -= 1;
    if (process.rows.size > 0) return;
    this.#idle += 1;
    if (process.hasExited) this.#forget(process);
    else if (this.#idle > mostIdle) this.#forgetIdle();
  }

  exited(owner: ProcessFacts): void {
    const known = this.#byPid.get(owner.pid) ?? [];
    const process = known.find((each) => isSameProcess(each.owner, owner));
    if (process === undefined) return;
    process.hasExited = true;
    if (process.rows.size === 0) this.#forget(process);
  }

  /** Those that have something open, by pid, what nobody owns last. */
  open(): ProcessEndpoints[] {
    const all = [...this.#byPid.values()].flat().sort((a, b) => pidOf(a) - pidOf(b));
    return [...all, this.#nobody].filter(({ rows }) => rows.size > 0);
  }

  #forgetIdle(): void {
    for (const process of [...this.#byPid.values()].flat()) {
      if (process.rows.size === 0) this.#forget(process);
    }
  }

  #forget(process: ProcessEndpoints): void {
    const pid = pidOf(process);
    const rest = (this.#byPid.get(pid) ?? []).filter((each) => each !== process);
    if (rest.length > 0) this.#byPid.set(pid, rest);
    else this.#byPid.delete(pid);
    this.#idle -= 1;
  }
}

const pidOf = ({ owner }: ProcessEndpoints): number => owner?.pid ?? 0;
