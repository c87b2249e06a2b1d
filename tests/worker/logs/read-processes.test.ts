import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { initialHeader } from '../../../ts-worker/src/logs/format/header.ts';
import {
  initialBlock,
  initialEnd,
  initialTable,
} from '../../../ts-worker/src/logs/format/initial-body.ts';
import {
  entryTitle,
  type ModuleNote,
  processEntry,
} from '../../../ts-worker/src/logs/format/process-entry.ts';
import { everything, type LogPart } from '../../../ts-worker/src/logs/read/context.ts';
import { fileSource, readLog } from '../../../ts-worker/src/logs/read/read-log.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';
import { readSample } from '../support/repository.ts';
import { facts, socket } from '../support/rows.ts';
import { readBytes, utc } from './support/read.ts';
import { portsLog, processLog, setFacts } from './support/write.ts';

const owner = facts(7, { name: 'a', user: 'root', services: [] });
const entry = (stamp: string, modules: ModuleNote, pid = 7) => [
  entryTitle(stamp),
  ...processEntry({
    ...{ owner: { ...owner, pid }, endpoints: [], statistics: countPorts([]) },
    modules,
  }),
];
const listed = (...modules: readonly string[]): ModuleNote => ({ kind: 'Listed', modules });

describe('PR-PIDS', () => {
  const text = processLog([
    ...entry('26/7/6,13:52:1', listed('/a', '/b')),
    ...entry('26/7/6,13:52:1', listed('/c'), 8),
    ...entry('26/7/6,13:52:9', { kind: 'AsBefore', stamp: '26/7/6,13:52:1' }),
    ...entry('26/7/6,13:53:0', { kind: 'AsBefore', stamp: '26/7/6,13:52:9' }),
    ...entry('26/7/6,13:53:0', { kind: 'Unreadable' }),
  ]);

  it('gives its entries with the modules that they name', async () => {
    const { kind, processes, bad } = await readBytes(text, {}, 40);
    assert.deepEqual([kind, bad], ['PR-PIDS', []]);
    assert.deepEqual(
      processes.map((each) => each.owner?.modules),
      [['/a', '/b'], ['/c'], ['/a', '/b'], null, null],
    );
    const { kind: own, file, lineNumber, time, computerName, operatingSystem } = processes[2] ?? {};
    assert.deepEqual([own, file, computerName], ['PR-PIDS', 'a.log', 'TEST']);
    assert.equal(operatingSystem, 'Debian GNU/Linux 12');
    assert.equal(time, Date.UTC(2026, 6, 6, 11, 52, 9));
    assert.equal(text.split('\n')[(lineNumber ?? 0) - 1], 'Process ID: 7 (a)');
  });

  it('is filtered by time and by process, and still knows modules listed outside', async () => {
    const { processes } = await readBytes(text, {
      filter: { processId: ['7'] },
      after: Date.UTC(2026, 6, 6, 11, 52, 2),
      before: Date.UTC(2026, 6, 6, 11, 52, 59),
    });
    assert.deepEqual(
      processes.map((each) => each.owner?.modules),
      [['/a', '/b']],
    );
  });

  it('that is torn gives what is there', async () => {
    const { processes, bad } = await readBytes(text.slice(0, -200), {});
    assert.equal(processes.length, 5);
    assert.deepEqual(
      bad.map(({ expected }) => expected),
      ['a whole line', 'the rest of an entry'],
    );
  });
});

describe('PR-INITIAL', () => {
  const processes = [
    { owner, endpoints: [{ endpoint: socket({ localPort: 80 }), attribution: 'Table' as const }] },
    {
      owner: null,
      endpoints: [{ endpoint: socket({ state: 'TimeWait' }), attribution: 'None' as const }],
    },
  ];
  const text = [
    ...initialHeader(setFacts(120)),
    ...[...initialTable(processes)].flat(),
    ...processes.flatMap((each) => initialBlock(each, { kind: 'Unreadable' })),
    ...[...initialEnd, ''],
  ].join('\n');

  it('gives a record for each process, of the moment it was begun', async () => {
    const { kind, processes: records, bad } = await readBytes(text, {});
    assert.deepEqual([kind, bad], ['PR-INITIAL', []]);
    assert.deepEqual(
      records.map((each) => ({ owner: each.owner, endpoints: each.endpoints, time: each.time })),
      processes.map((each) => ({
        owner: each.owner,
        endpoints: each.endpoints.map((row) => ({ ...row, endpoint: stripped(row.endpoint) })),
        time: Date.UTC(2026, 6, 6, 11, 44, 4),
      })),
    );
  });

  it('says where it was cut off', async () => {
    const { bad } = await readBytes(text.slice(0, text.indexOf('Process ID: 0')), {});
    assert.deepEqual(
      bad.map(({ expected }) => expected),
      ['the line that ends the log'],
    );
  });

  it('in the layout of Port Reporter 1.01 is read', async () => {
    const sample = readSample('logs/PR-INITIAL-05-07-6-13-44-4.txt').toString();
    const { processes: records, bad } = await readBytes(sample.replaceAll('\n', '\r\n'), utc);
    assert.deepEqual(bad, []);
    assert.deepEqual(
      records.map((each) => [each.owner?.pid, each.computerName, each.operatingSystem, each.time]),
      [484, 4, 668].map((pid) => [pid, 'TEST', 'Windows XP', Date.UTC(2005, 6, 6, 13, 44, 4)]),
    );
  });
});

const stripped = (from: ReturnType<typeof socket>) => {
  const { holders: _, ownerless: __, service: ___, cookie: ____, ...endpoint } = from;
  return endpoint;
};

describe('a log on the disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-logs-'));
  after(() => rmSync(folder, { recursive: true }));
  const read = async (path: string): Promise<LogPart[]> => {
    const parts: LogPart[] = [];
    for await (const part of readLog(fileSource(path), everything)) parts.push(part);
    return parts;
  };

  it('is read to its end, which the progress says', async () => {
    const path = join(folder, 'PR-PORTS.log');
    const text = portsLog([]);
    writeFileSync(path, text);
    assert.equal((await read(path)).at(-1)?.bytesRead, text.length);
  });

  it('that is not there, or can not be read, is an error with its name', async () => {
    const path = join(folder, 'missing.log');
    await assert.rejects(read(path), {
      code: 'PR_LOG_NOT_FOUND',
      message: `There is no log or log directory '${path}'.`,
      target: path,
    });
    await assert.rejects(read(folder), { code: 'PR_LOG_UNREADABLE', target: folder });
  });
});

it('memory does not grow with the file', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const line =
    '26/7/6,13:52:1,TCP,33890,172.16.16.150,1486,172.16.16.100,1096,a-rather-long-name,<root>,' +
    'Established,,Appeared,2026-07-06T11:52:01.000000Z,Kernel,a.service,/usr/sbin/a,,default\n';
  const block = Buffer.from(line.repeat(1500));
  const source = {
    file: 'a.log',
    async *chunks() {
      yield Buffer.from(portsLog([]));
      for (let i = 0; i < 100; i++) yield block;
    },
  };
  const filter = { user: ['nobody'], processName: ['a-rather*'], remoteAddress: ['172.16.0.0/12'] };
  const used: number[] = [];
  let parts = 0;
  for await (const part of readLog(source, { ...everything, filter })) {
    assert.equal(part.records.length, 0);
    parts += 1;
    if (parts % 20 > 0) continue;
    collect();
    used.push(process.memoryUsage().heapUsed);
  }
  const growth = (used.at(-1) ?? 0) - (used[0] ?? 0);
  assert.ok(growth < 2e6, `grew by ${growth} bytes over 80 blocks of ${block.length} bytes`);
});
