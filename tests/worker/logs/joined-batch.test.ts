import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { type JoinedBatch, Joiner } from '../../../ts-worker/src/logs/join/joined-batch.ts';
import { everything } from '../../../ts-worker/src/logs/read/context.ts';
import type { ProcessRecord } from '../../../ts-worker/src/logs/read/process-record.ts';
import { fileSource, readLog } from '../../../ts-worker/src/logs/read/read-log.ts';
import { type RecordRow, RecordRows } from '../../../ts-worker/src/logs/read/record-rows.ts';
import { makeLogs } from '../../bench/import/logs.ts';

const folder = mkdtempSync(join(tmpdir(), 'joined-'));
after(() => rmSync(folder, { recursive: true }));

const secondOf = ({ time }: { time: number }) => Math.floor(time / 1000);

function belongs(entry: ProcessRecord, row: RecordRow): boolean {
  const isIn = entry.endpoints.some(
    ({ endpoint }) =>
      endpoint.localPort === row.localPort && endpoint.remoteAddress === row.remoteAddress,
  );
  return isIn && entry.owner?.pid === row.pid && secondOf(entry) === secondOf(row);
}

/** Keeps the entries as PowerShell does. */
class Remembered {
  readonly #rows = new RecordRows();
  readonly #seen = new Set<ProcessRecord>();
  #entries: ProcessRecord[] = [];
  again = 0;
  restarts = 0;
  most = 0;
  records = 0;

  take(batch: JoinedBatch): void {
    if (batch.restartProcesses === true) {
      this.restarts += 1;
      this.#entries = [];
    }
    this.#entries.push(...batch.entries);
    this.again += batch.entries.filter((entry) => this.#seen.has(entry)).length;
    for (const entry of batch.entries) this.#seen.add(entry);
    this.most = Math.max(this.most, this.#entries.length);
    for (const [index, row] of [...this.#rows.of(batch)].entries()) {
      const entry = this.#entries[batch.places[index] ?? -1];
      assert.ok(entry !== undefined && belongs(entry, row), `record ${this.records}`);
      this.records += 1;
    }
  }
}

it('sends each entry of PR-PIDS once, and begins again before there are too many', async () => {
  const { ports } = makeLogs(folder, 'Extended', 30_000);
  const remembered = new Remembered();
  let joiner: Joiner | null = null;
  for await (const part of readLog(fileSource(ports), { ...everything, batchSize: 300 })) {
    joiner ??= new Joiner(ports, part.header, everything, ({ bad }) => assert.deepEqual(bad, []));
    for (const batch of part.records) remembered.take(await joiner.join(batch));
  }
  await joiner?.close();
  assert.equal(remembered.records, 30_000);
  assert.ok(remembered.restarts >= 3, `${remembered.restarts} restarts`);
  // Sent again are only those that both sides of a restart need: 60 processes have one each second.
  const { again, restarts } = remembered;
  assert.ok(again <= restarts * 60, `${again} sent again, ${restarts} restarts`);
  assert.ok(remembered.most < 1000, `${remembered.most} entries held at a time`);
});
