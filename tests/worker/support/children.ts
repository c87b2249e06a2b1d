// Processes that tests start. One that a failed test leaves behind, or that never answers, would keep
// the test's file from ever ending.

import type { ChildProcess } from 'node:child_process';
import { after } from 'node:test';

const living = new Set<ChildProcess>();

after(() => {
  for (const child of living) child.kill('SIGKILL');
});

export function endWithTests(child: ChildProcess): void {
  living.add(child);
  child.once('close', () => living.delete(child));
}

const patience = 120_000;

/** Fails where a child does not answer: long after any answer, on however busy a machine. */
export async function answered<Value>(answer: Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer to ${what}`)), patience);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
