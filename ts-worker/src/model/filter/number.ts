// Ports and process ids: single numbers and ranges (`8000-8100`).

import { invalidFilter } from './invalid.ts';

export type NumberTest = (value: number) => boolean;

interface Range {
  readonly low: number;
  readonly high: number;
}

function parseRange(filter: string, text: string, most: number): Range {
  const match = /^\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?$/.exec(text);
  const low = Number(match?.[1] ?? Number.NaN);
  const high = match?.[2] === undefined ? low : Number(match[2]);
  if (!(low <= high && high <= most)) {
    const range = /port$/i.test(filter) ? ' or a range such as 8000-8100' : '';
    const accepted = `a number from 0 to ${most}${range}`;
    throw invalidFilter(filter, text, accepted);
  }
  return { low, high };
}

export function numberTest(filter: string, texts: readonly string[], most: number): NumberTest {
  const ranges = texts.map((text) => parseRange(filter, text, most));
  const single = new Set(ranges.filter(({ low, high }) => low === high).map(({ low }) => low));
  const wide = ranges.filter(({ low, high }) => low !== high);
  return (value) =>
    single.has(value) || wide.some(({ low, high }) => value >= low && value <= high);
}
