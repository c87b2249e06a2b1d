// Small things that every task needs: saying what happens, running a program, asking for staleness.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with what the program prints on standard output, which is still shown. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program with this terminal and gives its exit code (128 where a signal ended it). */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['inherit', options.onOutput ? 'pipe' : 'inherit', 'inherit'],
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      options.onOutput?.(chunk.toString());
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
}

export function findOnPath(name: string): string | null {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = names.map((each) => join(folder, each)).find((each) => existsSync(each));
    if (folder !== '' && found !== undefined) return found;
  }
  return null;
}

function newest(path: string, skip: ReadonlySet<string>): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(path).filter((name) => !skip.has(name));
  return Math.max(0, ...inside.map((name) => newest(join(path, name), skip)));
}

/** True where the output is missing or any source (file or folder) is newer. */
export function isStale(output: string, sources: readonly string[]): boolean {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const skip = new Set(['bin', 'obj', 'dist', 'node_modules']);
  return sources.some((source) => newest(source, skip) > made);
}
