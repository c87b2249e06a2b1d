// Changes made up for tests: each says only what the test is about.

import type { Change, EndpointChange } from '../../../ts-worker/src/model/change.ts';
import type { Ownership, ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { socket } from './rows.ts';

export const ownedBy = (
  owner: ProcessFacts | null,
  sharedWith: readonly number[] = [],
): Ownership => ({ owner, sharedWith, attribution: owner === null ? 'None' : 'Kernel' });

export function change(
  about: Partial<EndpointChange> = {},
  endpoint: Parameters<typeof socket>[0] = {},
): EndpointChange {
  return {
    kind: 'Appeared',
    time: 0,
    endpoint: socket(endpoint),
    ownership: ownedBy(null),
    previousState: null,
    previousOwner: null,
    source: 'Kernel',
    ...about,
  };
}

export const exit = (owner: ProcessFacts): Change => ({
  kind: 'ProcessExited',
  time: 0,
  ownership: ownedBy(owner),
  source: 'Kernel',
});

export const gap = (missed: number | null, reason = 'lost'): Change => ({
  kind: 'Gap',
  time: 0,
  missed,
  reason,
  source: 'Kernel',
});
