// A server with methods of the test's own, spoken to without a process.

import { PassThrough, Writable } from 'node:stream';
import type { Answer } from '../../../ts-worker/src/protocol/answer.ts';
import { type Method, Server } from '../../../ts-worker/src/protocol/server.ts';

/** Lets the event loop turn so many times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
}

/** A server with these methods, what it wrote, and a way to end it. */
export function serve(
  methods: Readonly<Record<string, Method>>,
  output: Writable = new PassThrough(),
) {
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const input = new PassThrough();
  const ended = new Server(methods, output).serve(input);
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const say = (message: object | string) =>
    input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  return { input, say, ended, lines };
}

export const echo: Method = async (params) => params;

/** Sends parts without end, until it is cancelled. */
export const endless = async (_: unknown, answer: Answer): Promise<object> => {
  for (let part = 0; ; part++) await answer.send({ values: [String(part)] });
};

/** A reader that takes nothing until it is told to. */
export class SlowReader extends Writable {
  readonly taken: string[] = [];
  #release: (() => void)[] = [];

  constructor() {
    super({ highWaterMark: 1000 });
  }

  override _write(chunk: Buffer, _: string, callback: () => void): void {
    this.taken.push(chunk.toString());
    this.#release.push(callback);
  }

  take(): void {
    this.#release.shift()?.();
  }
}
