// Who listens where: an accepted connection is its listener's until its own process shows itself.

import type { Endpoint } from '../model/endpoint.ts';
import { isSameProcess, type Ownership, type ProcessFacts } from '../model/process.ts';

export interface Listener {
  readonly endpoint: Endpoint;
  readonly ownership: Ownership;
}

const isAnyAddress = (address: string): boolean => address === '0.0.0.0' || address === '::';

const isInReach = ({ endpoint: { namespace, family } }: Listener, accepted: Endpoint): boolean =>
  namespace === accepted.namespace && family === accepted.family;

export class Listeners {
  readonly #byPort = new Map<number, Set<Listener>>();
  /** How many listeners each process has: most processes that end have none. */
  readonly #counts = new Map<number, number>();
  readonly #hasEnded: (process: ProcessFacts) => boolean;

  constructor(hasEnded: (process: ProcessFacts) => boolean) {
    this.#hasEnded = hasEnded;
  }

  add(listener: Listener): void {
    const { localPort } = listener.endpoint;
    const there = this.#byPort.get(localPort);
    if (there === undefined) this.#byPort.set(localPort, new Set([listener]));
    else there.add(listener);
    this.#count(listener, 1);
  }

  /** By the ends and the owner that it had when it was added. */
  remove(listener: Listener): void {
    const { localPort } = listener.endpoint;
    const there = this.#byPort.get(localPort);
    if (there?.delete(listener) !== true) return;
    if (there.size === 0) this.#byPort.delete(localPort);
    this.#count(listener, -1);
  }

  #count({ ownership }: Listener, by: 1 | -1): void {
    const pid = ownership.owner?.pid;
    if (pid === undefined) return;
    const count = (this.#counts.get(pid) ?? 0) + by;
    if (count > 0) this.#counts.set(pid, count);
    else this.#counts.delete(pid);
  }

  hasAnyOf(process: ProcessFacts): boolean {
    if (!this.#counts.has(process.pid)) return false;
    for (const there of this.#byPort.values()) {
      for (const { ownership } of there) {
        if (ownership.owner?.pid === process.pid && isSameProcess(ownership.owner, process)) {
          return true;
        }
      }
    }
    return false;
  }

  /** The process that listens for this connection: on its very address before on any. Null where
   * none is known or the one that was known is gone, and where several share the port
   * (SO_REUSEPORT): any of them may have got it. */
  ownerOf(accepted: Endpoint): ProcessFacts | null {
    const there = this.#byPort.get(accepted.localPort);
    if (there === undefined) return null;
    let owner = commonOwner(there, accepted, (address) => address === accepted.localAddress);
    if (owner === undefined) owner = commonOwner(there, accepted, isAnyAddress);
    return owner == null || this.#hasEnded(owner) ? null : owner;
  }
}

/** The one process of all that listen for the connection at such addresses: null where they are of
 * several, undefined where there are none. */
function commonOwner(
  listeners: Iterable<Listener>,
  accepted: Endpoint,
  isAt: (address: string) => boolean,
): ProcessFacts | null | undefined {
  let common: ProcessFacts | null | undefined;
  for (const listener of listeners) {
    if (!isInReach(listener, accepted) || !isAt(listener.endpoint.localAddress)) continue;
    const { owner } = listener.ownership;
    if (common === undefined) common = owner;
    else if (!isSameProcess(common, owner)) return null;
  }
  return common;
}
