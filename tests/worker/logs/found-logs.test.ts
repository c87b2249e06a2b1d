// Which files are read: by their names alone it is known what can't hold a time.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { logsAt, logsIn, mayHold } from '../../../ts-worker/src/logs/read/found-logs.ts';

const day = 86_400_000;
const noon = Date.UTC(2026, 6, 6, 12);

describe('the logs of a directory', () => {
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'logs-'));
    const names = [
      'PR-PORTS-26-07-7-12-0-0.log',
      'PR-PORTS-26-07-6-12-0-0.log',
      'PR-PIDS-26-07-6-12-0-0.log',
      'PR-INITIAL-26-07-6-12-0-0.log',
      'PR-PORTS-26-07-16-12-0-0.log.gz',
      'status.json',
      'PR-PORTS-26-13-6-12-0-0.log',
    ];
    for (const name of names) writeFileSync(join(folder, name), 'x');
    mkdirSync(join(folder, 'PR-PORTS-26-07-4-12-0-0.log'));
    const device = process.platform === 'win32' ? 'nowhere' : '/dev/zero';
    symlinkSync(device, join(folder, 'PR-PORTS-26-07-5-12-0-0.log'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('are files, and come in the order of their beginnings and of their kinds', async () => {
    const names = (await logsIn(folder)).map(({ path }) => basename(path));
    assert.deepEqual(names, [
      'PR-INITIAL-26-07-6-12-0-0.log',
      'PR-PORTS-26-07-6-12-0-0.log',
      'PR-PIDS-26-07-6-12-0-0.log',
      'PR-PORTS-26-07-7-12-0-0.log',
      'PR-PORTS-26-07-16-12-0-0.log.gz',
    ]);
  });

  it('know their successors, also where they are named one by one', async () => {
    const [, ports] = await logsIn(folder);
    const [named] = await logsAt(join(folder, 'PR-PORTS-26-07-6-12-0-0.log'));
    for (const log of [ports, named]) assert.equal(log?.next?.begun.day, 7);
    assert.deepEqual((await logsAt(join(folder, 'status.json')))[0]?.name, null);
  });

  it('are left out only where no time zone lets them hold the time', async () => {
    const held = async (from: number, to: number) =>
      (await logsIn(folder))
        .filter((log) => mayHold(log, { after: noon + from, before: noon + to }))
        .map(({ path }) => basename(path).replace(/-26-07|-12-0-0.*/g, ''));
    assert.deepEqual(await held(-day * 9, -day), []);
    assert.deepEqual(await held(-day, 0), ['PR-INITIAL-6', 'PR-PORTS-6', 'PR-PIDS-6']);
    assert.deepEqual(await held(4 * day, 5 * day), ['PR-PIDS-6', 'PR-PORTS-7']);
    assert.deepEqual(await held(day * 20, day * 21), ['PR-PIDS-6', 'PR-PORTS-16']);
  });

  it('that are not there are an error', async () => {
    const path = join(folder, 'none');
    await assert.rejects(logsAt(path), { code: 'PR_LOG_NOT_FOUND', target: path });
  });
});
