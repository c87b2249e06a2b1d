import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type JoinedBatch, Joiner } from '../../../ts-worker/src/logs/join/joined-batch.ts';
import { ProcessLog } from '../../../ts-worker/src/logs/join/process-log.ts';
import { everything, type LogPart } from '../../../ts-worker/src/logs/read/context.ts';
import type { ProcessRecord } from '../../../ts-worker/src/logs/read/process-record.ts';
import { fileSource, readLog } from '../../../ts-worker/src/logs/read/read-log.ts';
import { type RecordRow, RecordRows } from '../../../ts-worker/src/logs/read/record-rows.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import { unknownProcess } from '../../../ts-worker/src/model/process.ts';
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
      const entry = this.#entries[batch.records.ProcessRecord[index] ?? -1];
      assert.ok(entry !== undefined && belongs(entry, row), `record ${this.records}`);
      this.records += 1;
    }
  }
}

it('sends each entry of PR-PIDS once, and begins again before there are too many', async () => {
  const { ports, processes } = makeLogs(folder, 'Extended', 30_000);
  const source = fileSource(processes);
  const remembered = new Remembered();
  let joiner: Joiner | null = null;
  for await (const part of readLog(fileSource(ports), { ...everything, batchSize: 300 })) {
    joiner ??= new Joiner({ source, timeZone: null, told: ({ bad }) => assert.deepEqual(bad, []) });
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

/** One process and second, with so many endpoints from port 1 on. */
function entryOf(second: number, endpoints: number): ProcessRecord {
  const endpoint = (port: number): Endpoint => ({
    protocol: 'TCP',
    family: 'IPv4',
    localAddress: '192.0.2.1',
    localPort: port,
    remoteAddress: null,
    remotePort: null,
    state: 'Listen',
    namespace: null,
  });
  return {
    kind: 'PR-PIDS',
    file: 'a',
    lineNumber: 1,
    time: second * 1000,
    owner: unknownProcess(4),
    endpoints: Array.from({ length: endpoints }, (_, index) => ({
      endpoint: endpoint(index + 1),
      attribution: null,
    })),
    statistics: { tcpMappings: 0, udpMappings: 0, states: [] },
    computerName: null,
    operatingSystem: null,
  };
}

const rowOf = (second: number, localPort: number) =>
  ({
    time: second * 1000 + 500,
    protocol: 'TCP',
    pid: 4,
    localAddress: '192.0.2.1',
    localPort,
    remoteAddress: null,
    remotePort: null,
  }) as RecordRow;

/** A part for each entry, and how many were asked for. */
function entriesOf(entries: readonly ProcessRecord[]) {
  const asked = { count: 0 };
  async function* parts() {
    for (const entry of entries) {
      asked.count += 1;
      yield { processes: [entry], bad: [] } as unknown as LogPart;
    }
  }
  return { asked, log: new ProcessLog(parts(), () => {}) };
}

describe('the entries of a PR-PIDS', () => {
  it('are read only as far as a record needs', async () => {
    const { asked, log } = entriesOf(Array.from({ length: 60 }, (_, second) => entryOf(second, 2)));
    assert.equal((await log.find(rowOf(0, 2)))?.time, 0);
    assert.equal(asked.count, 1);
    assert.equal((await log.find(rowOf(5, 1)))?.time, 5000);
    assert.equal(asked.count, 6);
  });

  it('may come late, also where there is another of the same second', async () => {
    const others = Array.from({ length: 20 }, (_, second) => entryOf(second, 1));
    const { log } = entriesOf([...others, entryOf(3, 7)]);
    assert.equal((await log.find(rowOf(3, 7)))?.endpoints.length, 7);
    assert.equal((await log.find(rowOf(3, 1)))?.endpoints.length, 1);
    assert.equal((await log.find(rowOf(3, 99)))?.endpoints.length, 1);
  });

  it('are let go, the sooner the more there are', async () => {
    const seconds = Array.from({ length: 200 }, (_, second) => second);
    const few = entriesOf(seconds.map((second) => entryOf(second, 2))).log;
    await few.find(rowOf(150, 1));
    assert.notEqual(await few.find(rowOf(40, 1)), null);
    assert.equal(await few.find(rowOf(20, 1)), null);
    const many = entriesOf(seconds.map((second) => entryOf(second, 600))).log;
    await many.find(rowOf(150, 1));
    assert.notEqual(await many.find(rowOf(148, 1)), null);
    assert.equal(await many.find(rowOf(100, 1)), null);
  });

  it('are never more than memory holds, whatever a second has of them', async () => {
    const large = entryOf(0, 20_000);
    const seconds = Array.from({ length: 30 }, (_, second) => second);
    const { log } = entriesOf(seconds.map((second) => ({ ...large, time: second * 1000 })));
    assert.equal(await log.find(rowOf(0, 30_000)), null);
    assert.equal(await log.find(rowOf(0, 1)), null);
    assert.notEqual(await log.find(rowOf(29, 1)), null);
  });
});
