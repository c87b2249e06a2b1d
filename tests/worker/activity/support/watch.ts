// A watch in a worker of its own, read as fast as it speaks. Since events come in one order, a change
// that the test makes itself shows that all before it were told.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { toIso } from '../../../../ts-worker/src/time/iso.ts';
import type { ToldChange } from '../../../traffic/judge.ts';
import type { Line } from '../../support/lines.ts';
import { numbersOf, RowDecoder, type TextColumns } from '../../support/number-columns.ts';
import { Worker, type WorkerOptions } from '../../support/worker.ts';

export interface PortChange extends ToldChange {
  readonly ProcessName: string | null;
  readonly Path: string | null;
  readonly CommandLine: string | null;
  readonly User: string | null;
  readonly ProcessStartTime: string | null;
  readonly Missed: number | null;
  readonly Reason: string | null;
}

interface WatchLine extends Line {
  readonly watching?: { readonly source: string; readonly whyNotBetter: string | null };
  readonly changes?: TextColumns;
  readonly restart?: boolean;
}

/** Makes whole changes of the lines of one answer. */
export class ChangeDecoder {
  readonly #rows = new RowDecoder();

  decode(line: WatchLine): PortChange[] {
    const rows = this.#rows.decode(line, numbersOf(line.changes ?? {}));
    return rows.map((row) => ({ ...row, Time: toIso(row.Time / 1000) }) as unknown as PortChange);
  }
}

export class Watch {
  readonly changes: PortChange[] = [];
  readonly notes: string[] = [];
  readonly worker: Worker;
  source = '';
  whyNotBetter: string | null = null;
  error: Line['error'];
  end: Line['end'];
  /** Resolves with the last line of the answer. */
  readonly over: Promise<void>;
  readonly #decoder = new ChangeDecoder();
  readonly #begun: Promise<void>;
  #whenMore: () => void = () => {};
  #whenBegun: () => void = () => {};

  private constructor(params: object, options: WorkerOptions) {
    this.worker = new Worker(options);
    this.worker.ask('watch', params);
    this.#begun = new Promise((resolve) => {
      this.#whenBegun = resolve;
    });
    this.over = this.#read();
  }

  /** Resolves when every later change will be told. */
  static async start(params: object = {}, options: WorkerOptions = {}): Promise<Watch> {
    const watch = new Watch(params, options);
    await Promise.race([watch.#begun, watch.over]);
    if (watch.error !== undefined) await watch.worker.close();
    return watch;
  }

  /** Resolves when the changes pass the test; throws where the watch ends before that. */
  async until(test: (changes: readonly PortChange[]) => boolean): Promise<void> {
    while (!test(this.changes)) {
      if (this.end !== undefined || this.error !== undefined) {
        throw new Error(`The watch is over: ${JSON.stringify(this.error ?? this.end)}`);
      }
      await new Promise<void>((resolve) => {
        this.#whenMore = resolve;
      });
    }
  }

  /** Resolves when all that happened until now was told: a UDP socket that comes and goes is the sign.
   * It may be among what had to be dropped: then there is another one. */
  async caughtUp(): Promise<void> {
    for (let at = this.changes.length, isTold = false; !isTold; ) {
      const port = await bindOnce();
      const timer = setTimeout(() => this.#whenMore(), patience);
      const deadline = performance.now() + patience;
      await this.until((changes) => {
        for (; at < changes.length && !isTold; at++) isTold = isSign(changes[at], port);
        return isTold || performance.now() >= deadline;
      });
      clearTimeout(timer);
    }
  }

  /** Cancels the watch, and ends the worker. */
  async stop(): Promise<readonly PortChange[]> {
    this.worker.send({ cancel: 1 });
    await this.over;
    await this.worker.close();
    return this.changes;
  }

  /** Catches up, stops, and gives all changes. */
  async all(): Promise<readonly PortChange[]> {
    await this.caughtUp();
    return await this.stop();
  }

  async #read(): Promise<void> {
    while (this.end === undefined && this.error === undefined) {
      const line = (await this.worker.next()) as WatchLine;
      if (line.watching !== undefined) {
        this.source = line.watching.source;
        this.whyNotBetter = line.watching.whyNotBetter;
        this.#whenBegun();
      }
      if (line.verbose !== undefined) this.notes.push(line.verbose);
      for (const change of this.#decoder.decode(line)) this.changes.push(change);
      this.end = line.end;
      this.error = line.error;
      this.#whenMore();
    }
  }
}

/** Milliseconds after which a sign that did not come is given again. */
const patience = 2000;

async function bindOnce(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

const isSign = (change: ToldChange | undefined, port: number): boolean =>
  change?.Protocol === 'UDP' &&
  change.Change === 'Disappeared' &&
  change.LocalPort === port &&
  change.OwningProcess === process.pid;
