// What is remembered stays the same processes when the clock is set.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClockFollower, moverOf } from '../../../ts-worker/src/activity/start-times.ts';
import { BootClock } from '../../../ts-worker/src/time/boot-clock.ts';
import { ownedBy } from '../support/changes.ts';
import { facts } from '../support/rows.ts';
import { Bench, bootMoment, tcp } from './support/events.ts';

class Clocks {
  since = 1_000_000;
  moment = bootMoment;
  asleep = 0;
  real = () => this.moment + this.since;
  boot = () => this.since;
  monotonic = () => this.since - this.asleep;
}

describe('following the clock', () => {
  const follower = () => {
    const clocks = new Clocks();
    const notes: string[] = [];
    const it = new ClockFollower(new BootClock(clocks), (text) => notes.push(text));
    return { clocks, notes, it };
  };

  it('says nothing where nothing happened', () => {
    const { it: following, notes, clocks } = follower();
    clocks.since += 5000;
    assert.equal(following.follow(), 0);
    assert.deepEqual(notes, []);
  });

  it('moves start times when the clock is set, and says so', () => {
    const { it: following, notes, clocks } = follower();
    clocks.moment -= 3_600_000;
    assert.equal(following.follow(), -3_600_000);
    clocks.since += 1000;
    assert.equal(following.follow(), 0);
    assert.deepEqual(notes, ['The clock was set by -3600.0 s.']);
  });

  it('moves them when the clock is set by little, without a word', () => {
    const { it: following, notes, clocks } = follower();
    clocks.moment += 6;
    assert.equal(following.follow(), 0);
    clocks.moment += 6;
    assert.equal(following.follow(), 0, 'it is too soon to look again');
    clocks.since += 100;
    assert.equal(following.follow(), 12, 'since they were right the last time');
    assert.deepEqual(notes, []);
  });

  it('says that the machine was suspended; times go on by the clock since boot', () => {
    const { it: following, notes, clocks } = follower();
    clocks.since += 60_000;
    clocks.asleep += 60_000;
    assert.equal(following.follow(), 0);
    assert.deepEqual(notes, ['The machine was suspended for 60.0 s.']);
  });
});

describe('moving start times', () => {
  it('moves facts, once for all endpoints that share them', () => {
    const moved = moverOf(1000);
    const ownership = ownedBy(facts(10, { startTime: 5000 }));
    assert.equal(moved(ownership).owner?.startTime, 6000);
    assert.equal(moved(ownership), moved(ownership));
    const [nobody, unknown] = [ownedBy(null), ownedBy(facts(11))];
    assert.equal(moved(nobody), nobody);
    assert.equal(moved(unknown).owner?.startTime, null);
  });

  it('leaves to the images those that are one', () => {
    const bench = new Bench();
    bench.apply({ to: tcp.synSent, local: '127.0.0.1 1' });
    const table = { ...ownedBy(facts(20, { startTime: 5000 })) };
    const entry = bench.model.entries.get(1);
    assert.ok(entry !== undefined);
    bench.model.add(2, entry.endpoint, table, 0);
    bench.images.moveStartTimes(1000, bench.model.moveOwners(moverOf(1000)));
    assert.equal(entry.ownership.owner?.startTime, bootMoment + 100 + 1000);
    assert.equal(bench.model.entries.get(2)?.ownership.owner?.startTime, 6000);
    assert.equal(table.owner?.startTime, 5000, 'what was told before stays as it was');
  });
});
