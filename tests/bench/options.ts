// `npm run bench -- [NAME…] [--quick] [--sizes 1000,50000]`

import { parseArgs } from 'node:util';

export interface Options {
  /** The benchmarks to run; empty: all. */
  readonly names: readonly string[];
  /** Sizes in the place of a benchmark's own: then the page is printed and not written. */
  readonly sizes: readonly number[] | null;
}

const quickSizes = [100, 1000];

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, sizes: { type: 'string' } },
  });
  const sizes = values.sizes?.split(',').map(Number) ?? (values.quick ? quickSizes : null);
  if (sizes?.some((size) => !Number.isInteger(size) || size < 100 || size > 50_000)) {
    throw new Error('--sizes takes whole numbers from 100 to 50000, such as --sizes 1000,50000');
  }
  return { names: positionals, sizes };
}
