// What being watched costs the traffic itself: the time of a connection, made, accepted and closed by
// one process, with nobody watching and with each of two who are told of everything by the kernel.

import { setTimeout as pause } from 'node:timers/promises';
import {
  acceptOne,
  close,
  connectTo,
  nameOf,
  open,
  openListener,
  stream,
} from '../../traffic/system-calls.ts';
import { median } from '../timing.ts';
import type { WatcherKind } from './watchers.ts';

export interface Toll {
  readonly name: string;
  /** Microseconds for each connection, the median of the rounds. */
  readonly each: number;
}

export const nobody = 'nobody';
const connections = 2000;
const address = '127.73.0.1';

/** Microseconds for each connection. */
function exchange(): number {
  const listener = openListener({ address, port: 0 });
  const to = nameOf(listener);
  const begun = performance.now();
  for (let made = 0; made < connections; made++) {
    const client = open(stream, address);
    connectTo(client, to);
    const accepted = acceptOne(listener);
    close(client);
    if (accepted !== null) close(accepted.fd);
  }
  const took = performance.now() - begun;
  close(listener);
  return (took / connections) * 1000;
}

async function once(kind: WatcherKind | null): Promise<number> {
  const watcher = (await kind?.start()) ?? null;
  await pause(700);
  const each = exchange();
  await watcher?.stop();
  return each;
}

/** The rounds are interleaved: a slow moment of the machine hits them all alike. */
export async function measureTolls(kinds: readonly WatcherKind[], rounds: number): Promise<Toll[]> {
  const all = [null, ...kinds];
  const taken = all.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, kind] of all.entries()) taken[index]?.push(await once(kind));
  }
  return all.map((kind, index) => ({
    name: kind?.name ?? nobody,
    each: median(taken[index] ?? []),
  }));
}
