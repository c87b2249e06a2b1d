import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readBootMoment, startTimeOf } from '../../../native/linux/boot-clock.ts';
import { readStat } from '../../../native/linux/process-files.ts';
import { BootClock } from '../../../ts-worker/src/time/boot-clock.ts';

/** Clocks that a test sets; each reading takes a microsecond, and as long as it is told once. */
class FakeClocks {
  time = 1000;
  booted = 1_700_000_000_000;
  asleep = 0;
  heldUp: number[] = [];

  #tick(): void {
    this.time += 0.001 + (this.heldUp.shift() ?? 0);
  }
  readonly real = (): number => {
    this.#tick();
    return this.booted + this.time;
  };
  readonly boot = (): number => {
    this.#tick();
    return this.time;
  };
  readonly monotonic = (): number => {
    this.#tick();
    return this.time - this.asleep;
  };
}

const rounded = (clock: BootClock) => clock.check().map(({ kind, by }) => [kind, Math.round(by)]);

describe('BootClock', () => {
  it('tells the time of day of the time since boot', () => {
    const clocks = new FakeClocks();
    const clock = new BootClock(clocks);
    assert.equal(Math.round(clock.bootMoment), clocks.booted);
    clocks.time = 5000;
    assert.equal(Math.round(clock.now()), clocks.booted + 5000);
    assert.equal(Math.round(clock.sinceBoot()), 5000);
    assert.deepEqual(clock.check(), []);
  });

  it('stays where it is while the clocks go alike but for what it takes to read them', () => {
    const clocks = new FakeClocks();
    const clock = new BootClock(clocks);
    const { bootMoment } = clock;
    clocks.booted += 0.05;
    assert.deepEqual(clock.check(), []);
    assert.equal(clock.bootMoment, bootMoment);
  });

  it('follows a clock that is steered without a word, and one that is set with one', () => {
    const clocks = new FakeClocks();
    const clock = new BootClock(clocks);
    clocks.booted += 100;
    assert.deepEqual(rounded(clock), []);
    assert.equal(Math.round(clock.bootMoment), clocks.booted);
    clocks.booted -= 3_600_000;
    assert.deepEqual(rounded(clock), [['ClockSet', -3_600_000]]);
    assert.equal(Math.round(clock.bootMoment), clocks.booted);
    assert.deepEqual(rounded(clock), []);
  });

  it('tells how long the machine slept, once', () => {
    const clocks = new FakeClocks();
    const clock = new BootClock(clocks);
    clocks.time += 60_000;
    clocks.asleep += 60_000;
    assert.deepEqual(rounded(clock), [['Suspended', 60_000]]);
    assert.deepEqual(rounded(clock), []);
  });

  it('takes being held up between two readings neither for the one nor for the other', () => {
    for (let reading = 0; reading < 40; reading++) {
      const clocks = new FakeClocks();
      const clock = new BootClock(clocks);
      clocks.heldUp = new Array<number>(40).fill(0);
      clocks.heldUp[reading] = 2000;
      assert.deepEqual(rounded(clock), [], `held up at reading ${reading}`);
      assert.deepEqual(rounded(clock), [], `after being held up at reading ${reading}`);
    }
  });
});

describe('the moment of boot', { skip: process.platform !== 'linux' && 'it is Linux' }, () => {
  it('stays the same, and gives the start of this process', async () => {
    const moment = readBootMoment();
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(readBootMoment(), moment);
    }
    const started = startTimeOf(readStat(process.pid)?.startTicks ?? 0, moment);
    const told = performance.timeOrigin; // when Node began, shortly after
    assert.ok(told - started > -30 && told - started < 5000, `${told - started} ms`);
    assert.ok(Math.abs(new BootClock().bootMoment - moment) < 50);
  });
});
