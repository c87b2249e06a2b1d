// What the recorder itself does is not its subject: else writing would give it something to write.

import type { Change } from '../model/change.ts';
import type { Ownership } from '../model/process.ts';

export const isOwn = ({ owner }: Ownership): boolean => owner?.pid === process.pid;

export const isOwnChange = (change: Change): boolean =>
  change.kind !== 'Gap' && isOwn(change.ownership);
