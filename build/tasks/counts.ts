// How many tests passed, failed and were skipped: read from each runner's own closing lines, summed
// and said in one line at the end.

import { readFileSync } from 'node:fs';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The totals that node:test writes at the end of its TAP report. */
export function countTap(file: string): Counts {
  const text = readFileSync(file, 'utf8');
  const total = (name: string) =>
    Number(new RegExp(`^# ${name} (\\d+)\\r?$`, 'm').exec(text)?.[1] ?? 0);
  const failed = total('fail') + total('cancelled');
  return { passed: total('pass'), failed, skipped: total('skipped') + total('todo') };
}

/** The cmdlet runner's last line; a run that failed without one counts as a failed test. */
export function countLastLine(output: string, code: number): Counts {
  const last = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(output.trim());
  const [passed = 0, failed = 0, skipped = 0] = (last?.slice(1) ?? []).map((each) =>
    Number(each ?? 0),
  );
  const unsaid = failed === 0 && (code !== 0 || last === null) ? 1 : 0;
  return { passed, failed: failed + unsaid, skipped };
}

/** Prints the closing line and gives the exit code; a run without a test has failed. */
export function close(parts: readonly Counts[]): number {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const part of parts) {
    sum.passed += part.passed;
    sum.failed += part.failed;
    sum.skipped += part.skipped;
  }
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
  return sum.failed === 0 && sum.passed > 0 ? 0 : 1;
}
