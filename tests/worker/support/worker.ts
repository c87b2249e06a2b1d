// A worker started as the module starts it, and a conversation with it line by line. Lines are read
// only when asked for, so that a test can be a slow reader.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { answered, endWithTests } from './children.ts';
import { forOthers } from './for-others.ts';
import type { Line } from './lines.ts';
import { inRepository } from './repository.ts';

const bundle = 'ts-worker/dist/portreporter-worker.cjs';

export interface WorkerOptions {
  readonly args?: readonly string[];
  readonly uid?: number;
  /** A program and its arguments that run the worker: `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

export class Worker {
  readonly process: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly #ended: Promise<{ code: number | null; signal: string | null }>;
  #lines: AsyncIterator<Line> | undefined;
  #errors = '';
  #id = 0;

  constructor({ args = ['serve'], uid, within = [] }: WorkerOptions = {}) {
    const isOwn = uid === undefined && within.length === 0;
    const file = isOwn ? inRepository(bundle) : forOthers(bundle);
    const [program = '', ...rest] = [...within, process.execPath, file, ...args];
    const user = uid === undefined ? {} : { uid, gid: uid };
    const env = isOwn ? process.env : unmeasured;
    this.process = spawn(program, rest, { stdio: 'pipe', env, ...user });
    endWithTests(this.process);
    const { stdin, stdout, stderr } = this.process;
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
    this.stdin = stdin;
    this.stdout = stdout;
    stdin.on('error', () => {}); // a worker that ended does not read
    stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get errors(): string {
    return this.#errors;
  }

  send(line: string | object): void {
    this.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  }

  /** Sends a request and gives its number. */
  ask(method: string, params: object = {}): number {
    this.#id += 1;
    this.send({ id: this.#id, method, params });
    return this.#id;
  }

  async next(): Promise<Line> {
    this.#lines ??= linesOf(this.stdout);
    const { value, done } = await answered(this.#lines.next(), 'a worker');
    if (done) throw new Error(`The worker said no more. ${this.#errors}`);
    return value;
  }

  /** The lines of one answer; its last is the end or the error. */
  async answer(): Promise<Line[]> {
    const lines: Line[] = [];
    for (;;) {
      const line = await this.next();
      lines.push(line);
      if ('end' in line || 'error' in line) return lines;
    }
  }

  async request(method: string, params: object = {}): Promise<Line[]> {
    this.ask(method, params);
    return await this.answer();
  }

  /** Closes its input and waits for its end. */
  async close(): Promise<{ code: number | null; signal: string | null }> {
    this.stdin.end();
    this.stdout.resume();
    return await this.ended();
  }

  ended(): Promise<{ code: number | null; signal: string | null }> {
    return answered(this.#ended, 'the end of a worker');
  }
}

/** Another user could not write down what was covered, and would say so. */
export const unmeasured: NodeJS.ProcessEnv = { ...process.env, NODE_V8_COVERAGE: '' };

async function* linesOf(stream: Readable): AsyncGenerator<Line, undefined> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
  if (rest !== '') throw new Error(`The last line is not whole: ${rest.slice(0, 200)}`);
}
