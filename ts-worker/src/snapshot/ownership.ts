// Who owns an endpoint. Any process with the socket open is a holder; the owner is the oldest live
// one, but never pid 1 while another holds it (socket activation leaves systemd's descriptor open).

import type { Holder, OpenSocket } from '../endpoints/source.ts';
import {
  isSameStart,
  type Ownership,
  type ProcessFacts,
  unknownProcess,
} from '../model/process.ts';

const none: Ownership = { owner: null, sharedWith: null, attribution: 'None' };
/** For rows that can't have an owner, so that "shared with nobody" is known. */
const ownerless: Ownership = { owner: null, sharedWith: [], attribution: 'None' };

const compareHolders = (a: ProcessFacts, b: ProcessFacts): number =>
  Number(a.pid === 1) - Number(b.pid === 1) ||
  (a.startTime ?? Number.POSITIVE_INFINITY) - (b.startTime ?? Number.POSITIVE_INFINITY) ||
  a.pid - b.pid;

export class Ownerships {
  readonly #facts: ReadonlyMap<number, ProcessFacts>;
  readonly #single = new Map<number, Ownership>();
  readonly #shared = new Map<string, Ownership>();

  constructor(facts: ReadonlyMap<number, ProcessFacts>) {
    this.#facts = facts;
  }

  of(socket: OpenSocket): Ownership {
    const { holders } = socket;
    const [first] = holders;
    if (first === undefined) return socket.ownerless ? ownerless : none;
    if (holders.length === 1) return this.#remembered(this.#single, first.pid, holders);
    return this.#remembered(this.#shared, holders.map(({ pid }) => pid).join(), holders);
  }

  #remembered<Key>(known: Map<Key, Ownership>, key: Key, holders: readonly Holder[]): Ownership {
    let ownership = known.get(key);
    if (ownership === undefined) {
      ownership = this.#choose(holders);
      known.set(key, ownership);
    }
    return ownership;
  }

  #choose(holders: readonly Holder[]): Ownership {
    const live = holders.flatMap((holder) => this.factsOf(holder) ?? []).sort(compareHolders);
    const owner = live[0] ?? this.#gone(holders[0]);
    const others = holders.map(({ pid }) => pid).filter((pid) => pid !== owner?.pid);
    const sharedWith = [...new Set(others)].sort((a, b) => a - b);
    return { owner, sharedWith, attribution: 'Table' };
  }

  /** A process that ended after the table was read is still known by pid and start time. */
  #gone(holder: Holder | undefined): ProcessFacts | null {
    return holder === undefined ? null : unknownProcess(holder.pid, holder.startTime);
  }

  /** Null where the process is gone, even if another has its pid by now. */
  factsOf(holder: Holder): ProcessFacts | null {
    const facts = this.#facts.get(holder.pid);
    return facts !== undefined && isSameStart(holder.startTime, facts.startTime) ? facts : null;
  }
}
