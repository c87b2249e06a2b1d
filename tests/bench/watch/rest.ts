// What a watch costs while nothing happens.

import { setTimeout as pause } from 'node:timers/promises';
import { Population } from '../sockets/population.ts';
import { memory, processorTime } from './processor.ts';
import { ours } from './watchers.ts';

export interface Rest {
  readonly sockets: number;
  /** Share of a core, the readings of the tables included. */
  readonly core: number;
  /** Megabytes, without what it shares with the kernel; and that. */
  readonly own: number;
  readonly shared: number;
}

/** Milliseconds. What Node compiles and collects after the start counts for nothing. */
const settling = 12_000;

export async function measureRest(sockets: number, seconds: number): Promise<Rest> {
  const population = new Population({ sockets, processes: 12 });
  try {
    const watcher = await ours.start();
    await pause(settling);
    const before = processorTime(watcher.pid);
    await pause(seconds * 1000);
    const spent = processorTime(watcher.pid) - before;
    const { all, shared } = memory(watcher.pid);
    await watcher.stop();
    return { sockets, core: spent / (seconds * 1000), own: all - shared, shared };
  } finally {
    await population.close();
  }
}
