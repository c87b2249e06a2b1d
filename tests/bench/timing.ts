// Times of several rounds and what is made of them. Rounds of all measurements are interleaved, so
// that a slow moment of the machine hits them all alike.

/** Something that is timed: gives the milliseconds it took, however it measured them. */
export interface Measurement {
  readonly name: string;
  run(): Promise<number>;
}

export interface Times {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function summarize(values: readonly number[]): Times {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
  };
}

export async function elapsed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export interface RoundOptions {
  readonly rounds: number;
  /** Milliseconds: what took longer in all its rounds together is not run again after the second. */
  readonly budget: number;
  /** Before every round. */
  readonly prepare?: () => Promise<void>;
}

/** Runs every measurement once a round and gives the times by name. */
export async function interleave(
  measurements: readonly Measurement[],
  { rounds, budget, prepare }: RoundOptions,
): Promise<Map<string, Times>> {
  const values = new Map<string, number[]>(measurements.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    await prepare?.();
    for (const { name, run } of measurements) {
      const taken = values.get(name) ?? [];
      const spent = taken.reduce((sum, each) => sum + each, 0);
      if (taken.length < 2 || spent < budget) taken.push(await run());
    }
  }
  return new Map([...values].map(([name, taken]) => [name, summarize(taken)]));
}
