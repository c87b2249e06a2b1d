import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { systemClock } from '../../../ts-worker/src/logs/write/clock.ts';

describe("the system's clock", () => {
  const zone = process.env.TZ;
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  const offsets = (inZone: string, ...moments: readonly string[]) => {
    process.env.TZ = inZone;
    return moments.map((moment) => systemClock.offsetAt(Date.parse(moment)));
  };

  it('changes its offset at the very moments at which the clocks are changed', () => {
    const spring = ['2026-03-29T00:59:59.999Z', '2026-03-29T01:00:00Z'];
    const autumn = ['2026-10-25T00:59:59.999Z', '2026-10-25T01:00:00Z'];
    assert.deepEqual(offsets('Europe/Berlin', ...spring, ...autumn), [60, 120, 120, 60]);
  });

  it('knows zones west of Greenwich, and those of half hours', () => {
    assert.deepEqual(offsets('America/St_Johns', '2026-01-01T00:00:00Z'), [-210]);
    assert.deepEqual(offsets('Asia/Kolkata', '2026-01-01T00:00:00Z'), [330]);
    assert.ok(Object.is(offsets('UTC', '2026-01-01T00:00:00Z')[0], 0));
  });

  it('counts on without a jump', () => {
    const [before, elapsed] = [systemClock.now(), systemClock.elapsed()];
    assert.ok(systemClock.elapsed() >= elapsed && Math.abs(systemClock.now() - before) < 60_000);
  });
});
