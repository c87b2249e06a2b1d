// What Get-PRLog says of a log, where its ends alone do not tell.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  endOfLog,
  entryTitle,
  processEntry,
} from '../../../ts-worker/src/logs/format/process-entry.ts';
import { describeLog } from '../../../ts-worker/src/logs/read/describe-log.ts';
import { logsAt } from '../../../ts-worker/src/logs/read/found-logs.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';
import { socket } from '../support/rows.ts';
import { processLog } from './support/write.ts';

const entry = (stamp: string, count: number) => [
  entryTitle(stamp),
  ...processEntry({
    owner: null,
    endpoints: Array.from({ length: count }, (_, index) => ({
      endpoint: socket({ localPort: index + 1 }),
      attribution: 'None',
    })),
    statistics: countPorts([]),
    modules: { kind: 'Unreadable' },
  }),
];

describe('the end of a log', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'logs-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  async function endOf(...entries: readonly string[]): Promise<number | null> {
    const path = join(folder, 'PR-PIDS-26-07-6-11-44-4.log');
    writeFileSync(path, processLog([...entries, endOfLog]));
    const [log] = await logsAt(path);
    return (await describeLog(log ?? assert.fail())).end;
  }

  it('is that of its last entry, also where that is very long', async () => {
    const last = Date.UTC(2026, 6, 6, 11, 53, 9);
    for (const count of [1, 10_000]) {
      const stamps = entry('26/7/6,13:52:1', 1);
      assert.equal(await endOf(...stamps, ...entry('26/7/6,13:53:9', count)), last);
    }
  });

  it('is its beginning where it has no entry', async () => {
    assert.equal(await endOf(), Date.UTC(2026, 6, 6, 9, 44, 4));
  });
});
