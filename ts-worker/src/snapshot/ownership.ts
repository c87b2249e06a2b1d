// Who owns an endpoint. Any process with the socket open is a holder; the owner is the oldest live
// one, but never pid 1 while another holds it (socket activation leaves systemd's descriptor open).

import { heldByNobody } from '../endpoints/socket-columns.ts';
import type { Holder } from '../endpoints/source.ts';
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

/** By pid. */
type Facts = ReadonlyMap<number, ProcessFacts>;

/** Null where the process is gone, even if another has its pid by now. */
export function factsOf({ pid, startTime }: Holder, facts: Facts): ProcessFacts | null {
  const found = facts.get(pid);
  return found !== undefined && isSameStart(startTime, found.startTime) ? found : null;
}

/** A process that ended after the table was read is still known by pid and start time. */
const gone = (holder: Holder | undefined): ProcessFacts | null =>
  holder === undefined ? null : unknownProcess(holder.pid, holder.startTime);

function choose(holders: readonly Holder[], facts: Facts): Ownership {
  const live = holders.flatMap((holder) => factsOf(holder, facts) ?? []).sort(compareHolders);
  const owner = live[0] ?? gone(holders[0]);
  const others = holders.map(({ pid }) => pid).filter((pid) => pid !== owner?.pid);
  const sharedWith = [...new Set(others)].sort((a, b) => a - b);
  return { owner, sharedWith, attribution: 'Table' };
}

/** Who owns what these lists of SocketColumns hold. */
export const ownershipsOf = (lists: readonly (readonly Holder[])[], facts: Facts): Ownership[] =>
  lists.map((holders, number) => {
    if (holders.length > 0) return choose(holders, facts);
    return number === heldByNobody ? ownerless : none;
  });
