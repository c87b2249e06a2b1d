// The columns of a batch one record at a time, for those here who look at single records: the join
// with PR-PIDS, and the rebuilding of a past moment. PowerShell does the same on its side.

import { timeAt } from './record-columns.ts';
import type { RecordBatch, RecordTemplate } from './record-template.ts';

export interface RecordRow {
  /** Milliseconds since the epoch, with microseconds. */
  readonly time: number;
  readonly protocol: string | null;
  readonly pid: number | null;
  readonly localAddress: string | null;
  readonly localPort: number | null;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  /** Everything else; the same object for all records that have it in common. */
  readonly template: RecordTemplate;
}

export class RecordRows {
  #templates: RecordTemplate[] = [];
  #addresses: string[] = [];

  /** Batches have to come in their order, all of them. */
  *of({ restart, templates = [], addresses, records }: RecordBatch): Generator<RecordRow> {
    if (restart === true) [this.#templates, this.#addresses] = [[], []];
    this.#templates.push(...templates);
    if (addresses !== undefined) this.#addresses.push(...addresses.split('\n'));
    for (const [index, number] of records.Template.entries()) {
      const remoteAddress = this.#address(records.RemoteAddress[index]);
      const template = this.#templates[number];
      if (template === undefined) throw new Error(`a record without its template ${number}`);
      yield {
        time: timeAt(records, index) / 1000,
        protocol: template.Protocol,
        pid: template.OwningProcess,
        localAddress: this.#address(records.LocalAddress[index]),
        localPort: records.LocalPort[index] || null,
        remoteAddress,
        remotePort: remoteAddress === null ? null : (records.RemotePort[index] ?? null),
        template,
      };
    }
  }

  #address(number = -1): string | null {
    return this.#addresses[number] ?? null;
  }
}
