// What a watch costs while nothing happens.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Population } from '../sockets/population.ts';
import { OurWatch } from './our-watch.ts';
import { memory, processorTime } from './processor.ts';

export interface Rest {
  readonly sockets: number;
  /** Share of a core, the readings of the tables included. */
  readonly core: number;
  /** Kilobytes of changes a second that it told all the same: at real rest, hardly any. */
  readonly told: number;
  /** Megabytes, without what it shares with the kernel; and that. */
  readonly own: number;
  readonly shared: number;
}

/** Milliseconds, two readings of the tables and more. What Node compiles and collects after the start
 * counts for nothing: a watch at rest is one that has run for long. */
const settling = 75_000;
/** proc_net_sockstat(5): counts of this network namespace. */
const sockstat = '/proc/net/sockstat';

/** Waits until what the traffic left in TIME_WAIT, which lasts a minute, is gone: it is open, too. */
async function traceless(): Promise<void> {
  const waiting = () => Number(/^TCP:.* tw (\d+)/m.exec(readFileSync(sockstat, 'latin1'))?.[1]);
  for (let seconds = 0; seconds < 70 && waiting() > 100; seconds++) await pause(1000);
}

export async function measureRest(sockets: number, seconds: number): Promise<Rest> {
  await traceless();
  const population = new Population({ sockets, processes: 12 });
  try {
    const watch = new OurWatch(process.cwd());
    await watch.begin();
    await pause(settling);
    const before = processorTime(watch.pid);
    const toldBefore = watch.told;
    await pause(seconds * 1000);
    const spent = processorTime(watch.pid) - before;
    const told = (watch.told - toldBefore) / 1024 / seconds;
    const { all, shared } = memory(watch.pid);
    await watch.end();
    return { sockets, core: spent / (seconds * 1000), told, own: all - shared, shared };
  } finally {
    await population.close();
  }
}
