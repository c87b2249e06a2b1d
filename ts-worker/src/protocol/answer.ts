// The answer to one request: lines that each hold one object (docs/protocol.md describes them all).

import { type ErrorReport, PortReporterError } from '../model/error.ts';
import type { LineWriter } from './channel.ts';
import { jsonOf } from './json.ts';
import { columnLine } from './record-line.ts';

/** Rows of the first line of an answer, so few that the first object comes early; each further line has
 * twice as many, up to a bound, as every line costs both sides something. */
const firstRows = 500;
const mostRows = 4000;

/** Where the lines begin and end that so many rows go on. */
export function* linesOf(rows: number): Generator<readonly [begin: number, end: number]> {
  for (let begin = 0, size = firstRows; begin < rows; size = Math.min(2 * size, mostRows)) {
    const end = Math.min(begin + size, rows);
    yield [begin, end];
    begin = end;
  }
}

/** Milliseconds that an answer goes on without a turn of the event loop, in which a cancel is heard. */
const earOpenEvery = 5;

export class Answer {
  readonly #writer: LineWriter;
  readonly signal: AbortSignal;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(writer: LineWriter, signal: AbortSignal) {
    this.#writer = writer;
    this.signal = signal;
  }

  /** Throws where the request was cancelled, so that the work behind it stops. */
  checkCancelled(): void {
    if (this.signal.aborted) throw new Cancelled();
  }

  /** Says a part of what was asked for; a cancel is heard between two parts, if not between any two. */
  async send(part: object): Promise<void> {
    await this.#say(jsonOf(part));
  }

  /** Likewise a part that has columns of numbers, of that name. */
  async sendColumns(part: object, name: string, columns: object): Promise<void> {
    await this.#say(columnLine(part, name, columns));
  }

  /** The same for who waits for something else right after it, and hears a cancel then. */
  async sendLastColumns(part: object, name: string, columns: object): Promise<void> {
    await this.#writer.write(columnLine(part, name, columns));
  }

  async #say(line: string | Uint8Array): Promise<void> {
    await this.#writer.write(line);
    if (performance.now() - this.#heardAt >= earOpenEvery) {
      await new Promise(setImmediate);
      this.#heardAt = performance.now();
    }
    this.checkCancelled();
  }

  async verbose(text: string): Promise<void> {
    await this.send({ verbose: text });
  }

  async warn(code: string, message: string, hint: string): Promise<void> {
    await this.send({ warning: { code, message, hint } });
  }

  async fail(error: ErrorReport): Promise<void> {
    await this.#writer.write(jsonOf({ error }));
  }

  async end(facts: object): Promise<void> {
    await this.#writer.write(jsonOf({ end: facts }));
  }
}

/** Thrown through the work of a cancelled request; it is no fault. */
export class Cancelled extends Error {}

export function invalidRequest(message: string, target?: string): PortReporterError {
  return new PortReporterError('PR_REQUEST_INVALID', message, {
    ...(target === undefined ? {} : { target }),
    hint: 'The worker and the module must be of the same version: docs/protocol.md.',
  });
}
