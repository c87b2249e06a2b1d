// When the tables are read: with made-up work and made-up time.

import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { leastRest, nextInterval } from '../../../ts-worker/src/activity/pace.ts';
import { TableSchedule } from '../../../ts-worker/src/activity/table-schedule.ts';

describe('the pace of reading the tables', () => {
  it('is between 10 and 30 seconds, and a four-thousandth of a core', () => {
    assert.equal(nextInterval(1), 10_000);
    assert.equal(nextInterval(2), 10_000);
    assert.equal(nextInterval(5), 20_000);
    assert.equal(nextInterval(100), 30_000);
  });

  it('stays below a fiftieth of a core', () => {
    assert.equal(leastRest(100), 6000);
    assert.equal(nextInterval(2000), 120_000);
    assert.equal(nextInterval(100, 250), 6000);
  });

  it('is as quick as wished where that costs little', () => {
    assert.equal(nextInterval(1, 250), 250);
  });
});

/** Work that takes no time; a reading waits where the test says so. */
class Work {
  readings = 0;
  readonly failures: unknown[] = [];
  readonly notes: string[] = [];
  /** When something happened that only the tables can tell. */
  questions: number[] = [];
  hold: Promise<void> = Promise.resolve();
  broken = false;
  readonly started = Date.now();

  compare = async (): Promise<number> => {
    this.readings += 1;
    const at = this.now();
    await this.hold;
    if (this.broken) throw new Error('no table');
    return at;
  };
  now = () => Date.now() - this.started;
  asksTables = (after: number, before: number) =>
    this.questions.some((at) => at > after && at <= before);
  failed = (error: unknown) => this.failures.push(error);
  note = (text: string) => this.notes.push(text);
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

async function pass(milliseconds: number): Promise<void> {
  mock.timers.tick(milliseconds);
  await turns();
}

async function scheduled(
  test: (work: Work, schedule: TableSchedule) => Promise<void>,
  wished: number | null = null,
): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const cpu = mock.method(process, 'cpuUsage', () => ({ user: 0, system: 0 }));
  const work = new Work();
  const schedule = new TableSchedule(work, wished);
  try {
    await schedule.begin();
    await test(work, schedule);
  } finally {
    cpu.mock.restore();
    mock.timers.reset();
  }
  await schedule.stop();
}

describe('readings of the tables', () => {
  it('come at once, then every ten seconds, until it is stopped', () =>
    scheduled(async (work, schedule) => {
      assert.equal(work.readings, 1);
      await pass(9999);
      assert.equal(work.readings, 1);
      await pass(1);
      assert.equal(work.readings, 2);
      await pass(10_000);
      assert.equal(work.readings, 3);
      await schedule.stop();
      await pass(60_000);
      assert.equal(work.readings, 3);
    }));

  it('come as often as wished', () =>
    scheduled(async (work) => {
      await pass(250);
      await pass(250);
      assert.equal(work.readings, 3);
    }, 250));

  it('come soon after a loss', () =>
    scheduled(async (work, schedule) => {
      schedule.soon();
      await pass(0);
      assert.equal(work.readings, 2);
    }));

  it('come once more where something was lost while one was made', () =>
    scheduled(async (work, schedule) => {
      let goOn = () => {};
      work.hold = new Promise((resolve) => {
        goOn = resolve;
      });
      schedule.soon();
      await pass(0);
      schedule.soon();
      await pass(100);
      assert.equal(work.readings, 2, 'one after the other');
      work.hold = Promise.resolve();
      goOn();
      await turns();
      await pass(0);
      assert.equal(work.readings, 3);
    }));

  it('come for a question that stays open for 200 ms', () =>
    scheduled(async (work, schedule) => {
      work.questions = [1];
      await pass(1);
      schedule.lookUp();
      schedule.lookUp();
      await pass(199);
      assert.equal(work.readings, 1);
      await pass(1);
      await pass(0);
      assert.equal(work.readings, 2);
    }));

  it('do not come for questions that answer themselves', () =>
    scheduled(async (work, schedule) => {
      work.questions = [1];
      await pass(1);
      schedule.lookUp();
      work.questions = [50];
      await pass(200);
      assert.equal(work.readings, 1, 'the new question is young');
      work.questions = [];
      await pass(200);
      await pass(0);
      assert.equal(work.readings, 1);
    }));

  it('that fail are told', () =>
    scheduled(async (work) => {
      work.broken = true;
      await pass(10_000);
      assert.match(String(work.failures[0]), /no table/);
    }));
});

describe('readings that cost much', () => {
  it('come seldom, which is said once', () =>
    scheduled(async (work, schedule) => {
      let microseconds = 0;
      mock.method(process, 'cpuUsage', (before?: NodeJS.CpuUsage) => {
        if (before !== undefined) microseconds = 1_000_000; // a reading costs a second
        return { user: microseconds, system: 0 };
      });
      schedule.soon();
      await pass(0);
      assert.equal(work.readings, 2);
      schedule.soon();
      await pass(59_999);
      assert.equal(work.readings, 2);
      await pass(1);
      assert.equal(work.readings, 3);
      assert.deepEqual(work.notes, ['The tables are large: they are compared every 60 s only.']);
    }));
});
