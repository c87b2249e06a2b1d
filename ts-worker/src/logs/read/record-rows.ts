// The columns of a batch one record at a time, for those here who look at single records: the join
// with PR-PIDS, and the rebuilding of a past moment. PowerShell does the same on its side.

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

const fraction = '2026-07-06T11:44:04'.length;

/** Milliseconds since the epoch of times as the batches write them; many share a second. */
class IsoTimes {
  #second = '';
  #moment = 0;

  of(text: string): number {
    if (!text.startsWith(this.#second) || this.#second === '') {
      this.#second = text.slice(0, fraction);
      this.#moment = Date.parse(`${this.#second}Z`);
    }
    const micros = Number(text.slice(fraction + 1, fraction + 7));
    return (this.#moment * 1000 + micros) / 1000;
  }
}

export class RecordRows {
  readonly #times = new IsoTimes();
  #templates: RecordTemplate[] = [];

  /** Batches have to come in their order, all of them. */
  *of({ restart, templates = [], records }: RecordBatch): Generator<RecordRow> {
    if (restart === true) this.#templates = [];
    this.#templates.push(...templates);
    for (const [index, number] of records.Template.entries()) {
      const template = this.#templates[number];
      if (template === undefined) throw new Error(`a record without its template ${number}`);
      yield {
        time: this.#times.of(records.Time[index] ?? ''),
        protocol: template.Protocol,
        pid: template.OwningProcess,
        localAddress: records.LocalAddress[index] ?? null,
        localPort: records.LocalPort[index] ?? null,
        remoteAddress: records.RemoteAddress[index] ?? null,
        remotePort: records.RemotePort[index] ?? null,
        template,
      };
    }
  }
}
