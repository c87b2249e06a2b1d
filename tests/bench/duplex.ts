// A program that is asked line by line and answers in lines, kept open between the questions.

import { type ChildProcess, spawn } from 'node:child_process';

const newline = 10;

export class Duplex {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #chunks: Buffer[] = [];
  #wake: (() => void) | undefined;
  #problem: string | undefined;

  constructor(program: string, args: readonly string[], env = process.env) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      child.on('close', resolve);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake?.();
    });
    child.stdin?.on('error', () => {}); // it ended: said where its answer is waited for
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', (code) => this.#fail(`${program} ended with exit code ${code}`));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends the line and gives all lines of the answer; `isLast` knows the last one. */
  async ask(line: string, isLast: (line: string) => boolean): Promise<Buffer> {
    this.#chunks = [];
    this.#child.stdin?.write(`${line}\n`);
    for (;;) {
      if (this.#problem !== undefined) throw new Error(this.#problem);
      if (isLast(lastLine(this.#chunks))) return Buffer.concat(this.#chunks);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Closes its input, which is how the programs here are told to end. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(killer);
  }

  #fail(problem: string): void {
    this.#problem = problem;
    this.#wake?.();
  }
}

/** The last line, where it is whole; looks no further back than needed. */
function lastLine(chunks: readonly Buffer[]): string {
  let tail = Buffer.alloc(0);
  for (const chunk of chunks.toReversed()) {
    tail = Buffer.concat([chunk, tail]);
    if (tail.at(-1) !== newline) return '';
    const start = tail.lastIndexOf(newline, -2);
    if (start >= 0) return tail.toString('utf8', start + 1, tail.length - 1);
  }
  return tail.toString('utf8', 0, Math.max(0, tail.length - 1));
}
