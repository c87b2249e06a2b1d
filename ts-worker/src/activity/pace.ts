// How often the model is held against the tables: every 10 to 30 seconds, so rarely that it takes a
// four-thousandth of a core where it can, and never a fiftieth. What counts is the processor's
// time: on a busy machine a reading lasts longer, but it costs the same.

const shortest = 10_000;
const longest = 30_000;

/** Milliseconds that must lie between two readings, from what one costs. */
export const leastRest = (cost: number): number => cost * 60;

/** Milliseconds until the next reading, from what the last one cost; `wished` where the events do not
 * tell everything and it should come sooner. */
export function nextInterval(cost: number, wished: number | null = null): number {
  const rare = Math.min(Math.max(cost * 4000, shortest), longest);
  return Math.max(wished ?? rare, leastRest(cost));
}

/** Milliseconds of processor time of this process since `before`. */
export function processorTime(before?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
