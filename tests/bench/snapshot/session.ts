// A PowerShell with the module imported, asked for one measurement after the other (session.ps1).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerShell } from '../../../build/tasks/powershell.ts';
import { Duplex } from '../duplex.ts';
import type { Row } from '../sockets/row.ts';
import { parseSaved } from './tools.ts';

type Answer = Readonly<Record<string, unknown>>;

export class Session {
  readonly #shell: Duplex;
  #pid = 0;

  constructor(root: string, { program, args }: PowerShell) {
    const script = join(root, 'tests/bench/snapshot/session.ps1');
    const manifest = join(root, 'PortReporter.psd1');
    this.#shell = new Duplex(program, [...args, '-File', script, manifest]);
  }

  /** Known when it is ready: what was started may run PowerShell in a process of its own. */
  get pid(): number {
    return this.#pid;
  }

  /** Resolves when the module is imported, with the version and kind of this PowerShell; the module's
   * worker starts with the first call. */
  async ready(): Promise<string> {
    const { text, pid } = await this.#ask({ do: 'ready' });
    this.#pid = Number(pid);
    return String(text);
  }

  /** Milliseconds for all endpoints as objects; `source` forces a way of reading. */
  async snapshot(source?: string): Promise<number> {
    return await this.#time({ do: 'snapshot', ...(source === undefined ? {} : { source }) });
  }

  async firstObject(): Promise<number> {
    return await this.#time({ do: 'first' });
  }

  /** Milliseconds from the lines in `file` to objects. */
  async conversion(file: string): Promise<number> {
    return await this.#time({ do: 'conversion', file });
  }

  async rows(file: string, source?: string): Promise<Row[]> {
    await this.#ask({ do: 'save', file, ...(source === undefined ? {} : { source }) });
    return parseSaved(readFileSync(file, 'utf8'));
  }

  /** The way of reading that is taken where none is forced. */
  async source(): Promise<string> {
    return String((await this.#ask({ do: 'source' })).text);
  }

  async close(): Promise<void> {
    await this.#shell.close();
  }

  async #time(command: Answer): Promise<number> {
    return Number((await this.#ask(command)).milliseconds);
  }

  async #ask(command: Answer): Promise<Answer> {
    const lines = await this.#shell.ask(JSON.stringify(command), (line) => line.startsWith('{'));
    return JSON.parse(lines.toString().trim().split('\n').at(-1) ?? '') as Answer;
  }
}
