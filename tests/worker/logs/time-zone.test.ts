// The zone of the machine, as TZ has it.

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { LocalTimes, machineZone } from '../../../ts-worker/src/logs/read/time-zone.ts';

const former = process.env.TZ;

describe("the machine's time zone", () => {
  afterEach(() => {
    if (former === undefined) delete process.env.TZ;
    else process.env.TZ = former;
  });

  for (const [zone, name, hour] of [
    ['America/New_York', 'America/New_York', 5],
    ['Bad/Zone', 'UTC', 0],
    ['UTC0', 'UTC', 0],
    ['', 'UTC', 0],
  ] as const) {
    it(`is ${name} where TZ is '${zone}'`, () => {
      process.env.TZ = zone;
      assert.deepEqual(machineZone(), { kind: 'Named', name });
      assert.equal(new LocalTimes(machineZone()).next(0), hour * 3_600_000);
    });
  }
});
