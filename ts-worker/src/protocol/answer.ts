// The answer to one request: lines that each hold one object (docs/protocol.md describes them all).

import { type ErrorReport, PortReporterError } from '../model/error.ts';
import type { LineWriter } from './channel.ts';

/** So many rows go on a line: large enough to be quick, small enough for an early first object. */
export const rowsPerLine = 500;

/** As JSON. Half of a surrogate pair, which a name may hold, is all that JSON.stringify() writes as
 * \ud…; System.Text.Json would refuse the whole line for it. */
function textOf(part: object): string {
  const text = JSON.stringify(part);
  if (!text.includes('\\ud')) return text;
  return text.replace(/\\(?:\\|ud[0-9a-f]{3})/g, (escaped) =>
    escaped === '\\\\' ? escaped : '\\ufffd',
  );
}

export class Answer {
  readonly #writer: LineWriter;
  readonly signal: AbortSignal;

  constructor(writer: LineWriter, signal: AbortSignal) {
    this.#writer = writer;
    this.signal = signal;
  }

  /** Throws where the request was cancelled, so that the work behind it stops. */
  checkCancelled(): void {
    if (this.signal.aborted) throw new Cancelled();
  }

  /** Says a part of what was asked for; a cancel is heard between two parts. */
  async send(part: object): Promise<void> {
    await this.#writer.write(textOf(part));
    await new Promise(setImmediate);
    this.checkCancelled();
  }

  async verbose(text: string): Promise<void> {
    await this.send({ verbose: text });
  }

  async warn(code: string, message: string, hint: string): Promise<void> {
    await this.send({ warning: { code, message, hint } });
  }

  async fail(error: ErrorReport): Promise<void> {
    await this.#writer.write(textOf({ error }));
  }

  async end(facts: object): Promise<void> {
    await this.#writer.write(textOf({ end: facts }));
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
