// How often the model is held against the tables: every 10 to 30 seconds, so rarely that it takes a
// thousandth of a core where it can, and never more than a fiftieth.

const shortest = 10_000;
const longest = 30_000;

/** Milliseconds that must lie between two readings, from what one takes. */
export const leastRest = (took: number): number => took * 50;

/** Milliseconds until the next reading, from what the last one took. */
export function nextInterval(took: number): number {
  const wished = Math.min(Math.max(took * 1000, shortest), longest);
  return Math.max(wished, leastRest(took));
}
