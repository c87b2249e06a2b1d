// The worker alone: from the request to the last byte of its answer, read and not looked at.

import { Duplex } from '../duplex.ts';
import { workerCommand } from '../worker-command.ts';

const isEnd = (line: string): boolean => line.startsWith('{"end"') || line.startsWith('{"error"');

export class BareWorker {
  readonly #worker: Duplex;
  #requests = 0;

  constructor(root: string) {
    this.#worker = new Duplex(...workerCommand(root));
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
