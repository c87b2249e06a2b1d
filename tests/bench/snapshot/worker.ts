// The worker alone: from the request to the last byte of its answer, read and not looked at.

import { join } from 'node:path';
import { Duplex } from '../duplex.ts';

const isEnd = (line: string): boolean => line.startsWith('{"end"') || line.startsWith('{"error"');

export class BareWorker {
  readonly #worker: Duplex;
  #requests = 0;

  constructor(root: string) {
    const program = join(root, 'ts-worker/dist/portreporter-worker.cjs');
    this.#worker = new Duplex(process.execPath, [program, 'serve']);
  }

  get pid(): number {
    return this.#worker.pid;
  }

  async snapshot(source: string | null): Promise<Buffer> {
    const id = ++this.#requests;
    const request = { id, method: 'snapshot', params: { filter: {}, source } };
    return await this.#worker.ask(JSON.stringify(request), isEnd);
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }
}
