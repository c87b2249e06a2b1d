// A watch in a worker of its own. What it tells is kept as it comes and read when it is over, so that
// reading it takes nothing from the machine while it is measured.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type NumberLine,
  numbersOf,
  RowDecoder,
  type TextColumns,
} from '../../worker/support/number-columns.ts';
import { workerCommand } from '../worker-command.ts';

interface Line extends NumberLine {
  readonly changes?: TextColumns;
}

/** What is looked at of a change. */
interface Row {
  readonly Protocol: string | null;
  readonly Namespace: string | null;
  readonly OwningProcess: number | null;
  readonly LocalAddress: string;
  readonly LocalPort: number | null;
  readonly RemoteAddress: string | null;
  readonly RemotePort: number | null;
}

export class OurWatch {
  readonly #worker: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #chunks: Buffer[] = [];

  constructor(root: string) {
    const [node, args, env] = workerCommand(root);
    this.#worker = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.#worker.stdout?.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#closed = once(this.#worker, 'close');
  }

  get pid(): number {
    return this.#worker.pid ?? 0;
  }

  /** Bytes that it has told until now. */
  get told(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves when every later change will be told. */
  async begin(): Promise<void> {
    const params = { source: 'Kernel' };
    this.#worker.stdin?.write(`${JSON.stringify({ id: 1, method: 'watch', params })}\n`);
    while (!Buffer.concat(this.#chunks).includes('"watching"')) {
      await once(this.#worker.stdout ?? this.#worker, 'data');
    }
  }

  /** Ends it; gives the last owner of each connection's end, by `local remote`. */
  async end(): Promise<Map<string, number>> {
    this.#worker.stdin?.end('{"cancel":1}\n');
    await this.#closed;
    const seen = new Map<string, number>();
    const decoder = new RowDecoder();
    for (const text of Buffer.concat(this.#chunks).toString().trim().split('\n')) {
      const line = JSON.parse(text) as Line;
      note(decoder.decode(line, numbersOf(line.changes ?? {})) as unknown as Row[], seen);
    }
    return seen;
  }
}

function note(rows: readonly Row[], seen: Map<string, number>): void {
  for (const row of rows) {
    if (row.Protocol !== 'TCP' || row.Namespace !== 'default') continue;
    if (row.RemoteAddress === null) continue;
    const local = `${row.LocalAddress}:${row.LocalPort}`;
    seen.set(`${local} ${row.RemoteAddress}:${row.RemotePort}`, row.OwningProcess ?? 0);
  }
}
