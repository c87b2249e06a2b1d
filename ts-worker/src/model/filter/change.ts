// Filters on changes: those on endpoints, and -Port (either end) and -Change.

import { type Change, changeKinds } from '../change.ts';
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
  const passesProcess = (each: Exclude<Change, { kind: 'Gap' }>): boolean => {
    if (filter.processId === null && filter.process === null) return true;
    const owners = [each.ownership.owner, 'previousOwner' in each ? each.previousOwner : null];
    const pids = [
      ...owners.flatMap((owner) => owner?.pid ?? []),
      ...(each.ownership.sharedWith ?? []),
    ];
    if (filter.processId !== null && !pids.some(filter.processId)) return false;
    const { process } = filter;
    return process === null || owners.some((owner) => owner !== null && process(owner));
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
