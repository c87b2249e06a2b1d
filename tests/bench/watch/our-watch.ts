// A watch in a worker of its own. What it tells is kept as it comes and read when it is over, so that
// reading it takes nothing from the machine while it is measured.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type NumberRow,
  numberRows,
  type TextColumns,
} from '../../worker/support/number-columns.ts';
import { workerCommand } from '../worker-command.ts';

interface Line {
  readonly templates?: readonly Template[];
  readonly addresses?: readonly string[];
  readonly restart?: boolean;
  readonly changes?: TextColumns;
}

interface Template {
  readonly Protocol: string | null;
  readonly Namespace: string | null;
  readonly OwningProcess: number | null;
}

export class OurWatch {
  readonly #worker: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #chunks: Buffer[] = [];

  constructor(root: string) {
    const [node, args] = workerCommand(root);
    this.#worker = spawn(node, args, { stdio: ['pipe', 'pipe', 'inherit'] });
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
    let [templates, addresses]: [Template[], string[]] = [[], []];
    for (const text of Buffer.concat(this.#chunks).toString().trim().split('\n')) {
      const line = JSON.parse(text) as Line;
      if (line.restart) [templates, addresses] = [[], []];
      templates.push(...(line.templates ?? []));
      addresses.push(...(line.addresses ?? []));
      note(numberRows(line.changes ?? {}, addresses), templates, seen);
    }
    return seen;
  }
}

function note(
  rows: readonly NumberRow[],
  templates: readonly Template[],
  seen: Map<string, number>,
): void {
  for (const row of rows) {
    const template = templates[row.Template];
    if (template?.Protocol !== 'TCP' || template.Namespace !== 'default') continue;
    if (row.RemoteAddress === null) continue;
    const local = `${row.LocalAddress}:${row.LocalPort}`;
    seen.set(`${local} ${row.RemoteAddress}:${row.RemotePort}`, template.OwningProcess ?? 0);
  }
}
