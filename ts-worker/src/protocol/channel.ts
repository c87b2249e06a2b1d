// Lines out, lines in. Output waits where the reader is slow (back-pressure), and between lines the
// event loop gets its turn, so that a cancel is heard in the middle of a large answer.

import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export class LineWriter {
  /** Resolves when the reader went away: nobody is left to be told. */
  readonly closed: Promise<void>;
  readonly #stream: Writable;
  #isClosed = false;
  #whenFree: () => void = () => {};

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('drain', () => this.#whenFree());
    this.closed = new Promise((resolve) => {
      for (const event of ['error', 'close']) stream.on(event, () => this.#close(resolve));
    });
  }

  #close(tell: () => void): void {
    this.#isClosed = true;
    this.#whenFree();
    tell();
  }

  /** A text without its end of line, or bytes with it. */
  async write(line: string | Uint8Array): Promise<void> {
    if (this.#isClosed || this.#stream.write(typeof line === 'string' ? `${line}\n` : line)) return;
    await new Promise<void>((resolve) => {
      this.#whenFree = resolve;
    });
  }
}

/** Longest request: a filter of many thousand values; beyond it the sender has gone mad. */
const longestLine = 16 * 1024 * 1024;

/** Calls `onLine` for each whole line; resolves when the stream ends. */
export async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = decoder.write(chunk as Buffer).split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
    if (rest.length > longestLine) throw new Error('a request line of more than 16 MiB');
  }
}
