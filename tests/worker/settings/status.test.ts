import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogHealth } from '../../../ts-worker/src/logs/write/options.ts';
import { isSameTrouble, statusOf } from '../../../ts-worker/src/recorder/health.ts';
import { formatStatus, isWriter, parseStatus } from '../../../ts-worker/src/settings/status.ts';

const identity = {
  version: '1',
  node: 'v20',
  pid: 7,
  processStarted: '2026-07-06T11:44:04.120Z',
  since: '2026-07-06T11:44:05.000Z',
  logDirectory: '/logs',
};
const source = { name: 'Kernel', whyNotBetter: null, trouble: null } as const;
const well: LogHealth = {
  ...{ trouble: null, rollTrouble: null, retentionTrouble: null, files: ['a.log'] },
  ...{ records: 5, gaps: 0, missed: 0, waiting: 0, endpoints: 3, isReady: true },
};
const trouble = { code: 'ENOSPC', message: 'ENOSPC: no space left', since: 0 };

describe('status.json', () => {
  it('is Starting before there are logs, and until PR-INITIAL is written', () => {
    assert.equal(statusOf(identity, null, source, 0).state, 'Starting');
    assert.equal(statusOf(identity, { ...well, isReady: false }, source, 0).state, 'Starting');
    assert.equal(statusOf(identity, well, source, 0).state, 'Running');
  });

  it('says all that is wrong, in sentences', () => {
    const logs = {
      ...well,
      ...{ trouble, waiting: 1, rollTrouble: 'EACCES: open', retentionTrouble: 'EPERM: unlink' },
    };
    const lost = { ...source, trouble: 'The kernel events broke off: it burned.' };
    const status = statusOf(identity, logs, lost, 0);
    assert.equal(status.state, 'Degraded');
    assert.equal(
      status.trouble,
      "The logs can't be written: ENOSPC: no space left. 1 change waits. " +
        "New logs can't be begun: EACCES: open. Old logs can't be removed: EPERM: unlink. " +
        'The kernel events broke off: it burned.',
    );
    const many = statusOf(identity, { ...well, trouble, waiting: 2 }, source, 0);
    assert.equal(many.trouble, "The logs can't be written: ENOSPC: no space left. 2 changes wait.");
  });

  it('knows a trouble again, however many changes wait by then', () => {
    const at = (waiting: number) => statusOf(identity, { ...well, trouble, waiting }, source, 0);
    for (const waiting of [0, 1, 2, 30_000]) {
      assert.ok(isSameTrouble(at(waiting).trouble, at(7).trouble));
    }
    assert.ok(!isSameTrouble(at(1).trouble, null));
    assert.ok(isSameTrouble(undefined, null));
  });

  it('reads back as it was written, blanks behind it or not', () => {
    const status = statusOf(identity, well, source, Date.UTC(2026, 6, 6));
    assert.deepEqual(parseStatus(`${formatStatus(status)}   `), status);
  });

  it('is null where it is something else', () => {
    for (const text of ['', '{', 'null', '7', '[]', '{"schema":2}']) {
      assert.equal(parseStatus(text), null, text);
    }
  });

  it('belongs to a process by its pid and its start', () => {
    const status = statusOf(identity, well, source, 0);
    const started = Date.parse(identity.processStarted);
    assert.deepEqual(
      [
        isWriter(status, 7, started + 9),
        isWriter(status, 8, started),
        isWriter(status, 7, started + 1000),
      ],
      [true, false, false],
    );
  });
});
