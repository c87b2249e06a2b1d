// Who collects the garbage of a watch. It is little and comes evenly, so that a collection is over
// before V8's helper threads, which it wakes each time, have found something to do: they cost more
// than they take off the thread that waits for them.

import { setFlagsFromString } from 'node:v8';

/** From now on each thread collects alone what it made lately. */
export function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

/** As V8 does by itself: that is quicker for what comes in bulk. */
export function collectTogether(): void {
  setFlagsFromString('--parallel-scavenge');
}
