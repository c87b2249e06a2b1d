// A watch in a worker of its own. What it tells is kept as it comes and read when it is over, so that
// reading it takes nothing from the machine while it is measured.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { workerCommand } from '../worker-command.ts';

/** The columns of changes that are looked at here (docs/protocol.md). */
interface Line {
  readonly templates?: readonly Template[];
  readonly restart?: boolean;
  readonly changes?: {
    readonly Template: readonly number[];
    readonly LocalAddress: readonly (string | null)[];
    readonly LocalPort: readonly (number | null)[];
    readonly RemoteAddress: readonly (string | null)[];
    readonly RemotePort: readonly (number | null)[];
  };
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
    let templates: Template[] = [];
    for (const text of Buffer.concat(this.#chunks).toString().trim().split('\n')) {
      const line = JSON.parse(text) as Line;
      if (line.restart) templates = [];
      templates.push(...(line.templates ?? []));
      note(line.changes, templates, seen);
    }
    return seen;
  }
}

function note(
  changes: Line['changes'],
  templates: readonly Template[],
  seen: Map<string, number>,
): void {
  if (changes === undefined) return;
  for (const [row, number] of changes.Template.entries()) {
    const remote = changes.RemoteAddress[row];
    const template = templates[number];
    if (template?.Protocol !== 'TCP' || template.Namespace !== 'default') continue;
    if (remote == null) continue;
    const local = `${changes.LocalAddress[row]}:${changes.LocalPort[row]}`;
    seen.set(`${local} ${remote}:${changes.RemotePort[row]}`, template.OwningProcess ?? 0);
  }
}
