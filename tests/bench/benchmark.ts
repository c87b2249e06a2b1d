// What every benchmark is to run.ts.

export interface Benchmark {
  readonly name: string;
  /** Runs it and gives its section of docs/benchmarks.md. `sizes`: others than its own. */
  run(root: string, sizes: readonly number[] | null): Promise<string>;
}
