// A past moment comes out of the logs as it was: changes made up at random, written by a LogSet, and
// at every so many of them what was open is held against what the logs say of that moment.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { rebuildMoment } from '../../../ts-worker/src/logs/open/past-moment.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import { Random } from '../support/random.ts';
import { facts } from '../support/rows.ts';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { endpoint, Recording } from './support/recording.ts';

const owners = [7, 8, 9].map((pid) => facts(pid, { startTime: 1000, name: `p${pid}`, user: 'u' }));

const shown = (at: Endpoint, pid: number | undefined): string =>
  `${pid} ${at.localPort} ${at.remoteAddress} ${at.state} ${at.namespace}`;

describe('a past moment', () => {
  it('is what was open then, across rolls by size and by midnight', async () => {
    const clock = new FakeClock(Date.UTC(2026, 6, 6, 22) - 200_000);
    const recording = await new Recording(new MemoryDisk(), clock).open({ maxLogSize: 20_000 });
    const random = new Random(5);
    const open: { at: Endpoint; owner: (typeof owners)[number] }[] = [];
    const moments: { at: number; expected: string[] }[] = [];
    for (let step = 1; step <= 2500; step++) {
      const pick = open[random.below(open.length || 1)];
      const isNew = pick === undefined || random.below(10) < 5;
      const owner = isNew ? random.pick(owners) : pick.owner;
      const at = isNew
        ? endpoint(step, { namespace: random.pick(['default', 'web']) })
        : { ...pick.at };
      const ownership = { owner, sharedWith: null, attribution: 'Kernel' as const };
      if (isNew) open.push({ at, owner });
      else open.splice(open.indexOf(pick), 1);
      const kind = isNew ? 'Appeared' : 'Disappeared';
      recording.tell(recording.change({ kind, endpoint: at, ownership, previousState: null }));
      await recording.pass(125, 125);
      if (step % 97 !== 0) continue;
      const expected = open.map((each) => shown(each.at, each.owner.pid)).sort();
      moments.push({ at: clock.wall - 60, expected });
    }
    await recording.set.close('the end');
    const folder = mkdtempSync(join(tmpdir(), 'past-'));
    try {
      for (const [name] of recording.disk.files) {
        writeFileSync(join(folder, name), recording.disk.text(name));
      }
      assert.ok(recording.disk.names('PORTS').length > 3);
      for (const { at, expected } of moments) {
        const { rows, gaps, bad } = await rebuildMoment(folder, { at, offset: 0 }, null);
        const found = rows.map((row) => shown(row.endpoint, row.ownership.owner?.pid)).sort();
        assert.deepEqual(found, expected, new Date(at).toISOString());
        assert.deepEqual([gaps.length, bad], [0, 0]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
