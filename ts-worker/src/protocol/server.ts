// Serve mode: requests come in, one at a time is worked on, its answer goes out. The worker ends when
// its input closes, or when nobody reads its output any more.

import type { Readable, Writable } from 'node:stream';
import { PortReporterError, reportOf } from '../model/error.ts';
import { Answer, Cancelled, invalidRequest } from './answer.ts';
import { LineWriter, readLines } from './channel.ts';
import { isRecord, type Parameters } from './parameters.ts';

/** Does the work and gives what the closing line says. */
export type Method = (parameters: Parameters, answer: Answer) => Promise<object>;

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Parameters;
}

function parse(line: string): Parameters {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch {
    // said below
  }
  throw invalidRequest(`A request is one JSON object a line; this came: ${line.slice(0, 100)}`);
}

/** Goes up with each change of docs/protocol.md that one side can't see from the other's words; the
 * module has the same number (cmdlets/private/WorkerRequest.ps1). */
export const protocolNumber = 4;

/** A module that was updated meets a worker that was not built again, or a shell that still has the
 * old module a new worker. Who says no number is believed. */
function checkProtocol(asked: unknown): void {
  if (asked === undefined || asked === protocolNumber) return;
  const message =
    `The module speaks protocol ${asked} and the worker ${protocolNumber}: ` +
    'they are not of the same version.';
  const hint = "Run 'npm run build' in the module's folder, and import the module in a new shell.";
  throw new PortReporterError('PR_REQUEST_INVALID', message, { hint });
}

function toRequest(message: Parameters): Request {
  const { id, method, params = {}, protocol } = message;
  checkProtocol(protocol);
  if (typeof id !== 'number' || typeof method !== 'string' || !isRecord(params)) {
    throw invalidRequest('A request has a number `id`, a text `method` and an object `params`.');
  }
  return { id, method, params };
}

export class Server {
  readonly #methods: Readonly<Record<string, Method>>;
  readonly #writer: LineWriter;
  readonly #running = new Map<number, AbortController>();
  #queue: Promise<void> = Promise.resolve();

  constructor(methods: Readonly<Record<string, Method>>, output: Writable) {
    this.#methods = methods;
    this.#writer = new LineWriter(output);
  }

  /** Resolves when the input has ended, or the output was closed, and every answer is out. */
  async serve(input: Readable): Promise<void> {
    await Promise.race([readLines(input, (line) => this.#receive(line)), this.#writer.closed]);
    input.destroy();
    for (const controller of this.#running.values()) controller.abort();
    await this.#queue;
  }

  #receive(line: string): void {
    try {
      const message = parse(line);
      if (typeof message.cancel === 'number') {
        this.#running.get(message.cancel)?.abort();
        return;
      }
      this.#enqueue(toRequest(message));
    } catch (error) {
      const answer = new Answer(this.#writer, new AbortController().signal);
      this.#queue = this.#queue.then(() => answer.fail(reportOf(error)));
    }
  }

  #enqueue(request: Request): void {
    const controller = new AbortController();
    this.#running.set(request.id, controller);
    const answer = new Answer(this.#writer, controller.signal);
    this.#queue = this.#queue
      .then(() => this.#answer(request, answer))
      .finally(() => this.#running.delete(request.id));
  }

  async #answer({ method, params }: Request, answer: Answer): Promise<void> {
    try {
      answer.checkCancelled();
      const work = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined;
      if (work === undefined) {
        throw invalidRequest(`There is no method '${method}'.`, method);
      }
      await answer.end(await work(params, answer));
    } catch (error) {
      if (error instanceof Cancelled) await answer.end({ cancelled: true });
      else await answer.fail(reportOf(error));
    }
  }
}
