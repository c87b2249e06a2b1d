// Filters on changes: those on endpoints, and -Port (either end) and -Change.

import { type Change, changeKinds } from '../change.ts';
import type { ProcessFacts } from '../process.ts';
import { choice } from './choice.ts';
import { compileFilter, type FilterTexts, textsOf } from './filter.ts';
import { numberTest } from './number.ts';

export type ChangeFilterTexts = FilterTexts & {
  readonly port?: readonly string[];
  readonly change?: readonly string[];
};

export type ChangeTest = (change: Change) => boolean;

/** Gaps pass every filter but -Change: nobody knows whether what was missed would have passed. The
 * end of a process passes only where it was asked for by -ProcessId or by -Change. */
export function compileChangeFilter({ port, change, ...texts }: ChangeFilterTexts): ChangeTest {
  const filter = compileFilter(texts);
  const isPort = port === undefined ? null : numberTest('port', textsOf('port', port), 65_535);
  const kinds =
    change === undefined ? null : choice('change', textsOf('change', change), changeKinds);
  const { processId, process } = filter;
  const passesId = (pid: number): boolean => processId === null || processId(pid);
  /** One process must pass all filters: not one its id and another its user. */
  const passesAll = (owner: ProcessFacts): boolean =>
    passesId(owner.pid) && (process === null || process(owner));
  const passesProcess = (each: Exclude<Change, { kind: 'Gap' }>): boolean => {
    if (processId === null && process === null) return true;
    const owners = [each.ownership.owner, 'previousOwner' in each ? each.previousOwner : null];
    if (owners.some((owner) => owner !== null && passesAll(owner))) return true;
    // Of the other holders nothing but the pid is known.
    return process === null && (each.ownership.sharedWith ?? []).some(passesId);
  };
  return (each) => {
    if (kinds !== null && !kinds.has(each.kind)) return false;
    if (each.kind === 'Gap') return true;
    if (each.kind === 'ProcessExited') {
      const asked = filter.processId !== null || kinds !== null;
      return asked && passesProcess(each);
    }
    const { endpoint } = each;
    if (isPort !== null && !isPort(endpoint.localPort) && !isPort(endpoint.remotePort ?? -1)) {
      return false;
    }
    return filter.endpoint(endpoint) && passesProcess(each);
  };
}
