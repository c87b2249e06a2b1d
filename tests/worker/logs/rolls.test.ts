import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rollDue } from '../../../ts-worker/src/logs/write/rolls.ts';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { readBytes } from './support/read.ts';
import { endpoint, noon, Recording, row } from './support/recording.ts';

/** Europe/Vienna in 2026: summer time from 29 March to 25 October. */
const viennaOffset = (moment: number): number =>
  moment >= Date.UTC(2026, 2, 29, 1) && moment < Date.UTC(2026, 9, 25, 1) ? 120 : 60;

const at = (moment: number, offsetAt = viennaOffset) =>
  new Recording(new MemoryDisk(), new FakeClock(moment, offsetAt)).open();

const begins = (recording: Recording) =>
  recording
    .status()
    .filter((line) => line.startsWith('Begin'))
    .map((line) => line.slice('Begin - '.length));

describe('new files', () => {
  it('are begun at midnight on the wall', async () => {
    const recording = await at(Date.UTC(2026, 6, 6, 21, 59, 58));
    recording.tell(recording.change({ port: 1 }));
    await recording.pass(4000);
    recording.tell(recording.change({ port: 2 }));
    await recording.pass(1000);
    assert.deepEqual(recording.disk.names('PORTS'), [
      'PR-PORTS-26-07-6-23-59-58.log',
      'PR-PORTS-26-07-7-0-0-0.log',
    ]);
    assert.equal(recording.disk.names('INITIAL').length, 2);
    assert.deepEqual(begins(recording), ['start', 'midnight']);
    const [first = '', second = ''] = recording.disk.names('PORTS');
    assert.match(recording.disk.text(first), /# \S+ End 1 midnight\n$/);
    assert.match(recording.disk.text(second), /^26\/7\/7,0:0:2,TCP,2,/m);
    assert.match(recording.disk.text(second), /^Check PR-PIDS-26-07-7-0-0-0\.log/m);
  });

  it('have what was open then in their PR-INITIAL', async () => {
    const recording = await at(Date.UTC(2026, 6, 6, 21, 59, 57));
    recording.tell(recording.change({ port: 1 }), recording.change({ port: 2 }));
    recording.tell(recording.change({ kind: 'Disappeared', port: 1 }));
    await recording.pass(5000);
    const [, second = ''] = recording.disk.names('INITIAL');
    const { processes } = await readBytes(recording.disk.text(second), {});
    assert.deepEqual(
      processes.map(({ endpoints }) => endpoints.map(({ endpoint: { localPort } }) => localPort)),
      [[2]],
    );
  });

  it('are begun when the clocks are put forward, and local time goes on right', async () => {
    const recording = await at(Date.UTC(2026, 2, 29, 0, 59, 59));
    for (const port of [1, 2]) {
      recording.tell(recording.change({ port }));
      await recording.pass(1000);
    }
    await recording.pass(1000);
    assert.deepEqual(recording.disk.names('PORTS'), [
      'PR-PORTS-26-03-29-1-59-59.log',
      'PR-PORTS-26-03-29-3-0-0.log',
    ]);
    assert.deepEqual(begins(recording), [
      'start',
      'the offset from UTC went from +01:00 to +02:00',
    ]);
    assert.match(recording.disk.all('PORTS'), /^26\/3\/29,1:59:59,TCP,1,/m);
    assert.match(recording.disk.all('PORTS'), /^26\/3\/29,3:0:0,TCP,2,/m);
  });

  it('are begun when they are put back, and the hour that comes twice is no riddle', async () => {
    const recording = await at(Date.UTC(2026, 9, 25, 0, 30));
    const told: number[] = [];
    for (let minute = 0; minute < 90; minute += 10) {
      told.push(recording.clock.wall);
      recording.tell(recording.change({ port: 1 + minute }));
      await recording.pass(600_000, 10_000);
    }
    assert.deepEqual(recording.disk.names('PORTS'), [
      'PR-PORTS-26-10-25-2-30-0.log',
      'PR-PORTS-26-10-25-2-0-0.log',
    ]);
    const { rows } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual(
      rows.map(({ Time }) => Date.parse(Time)),
      told,
    );
    const legacy = recording.disk
      .all('PORTS')
      .replace(/^(\d.*?>),.*$/gm, '$1')
      .replace(/,state.*$/gm, '');
    const { rows: ten, bad } = await readBytes(legacy, {});
    assert.deepEqual(bad, []);
    assert.deepEqual(
      ten.map(({ Time }) => Date.parse(Time)),
      told,
    );
  });

  it('wait for the next second where their names are taken', async () => {
    const recording = await at(Date.UTC(2026, 9, 25, 0, 59, 59));
    recording.disk.files.set('PR-PIDS-26-10-25-2-0-0.log', {
      ...{ bytes: Buffer.from('mine'), synced: 4, isListed: true },
    });
    recording.tell(recording.change({ port: 1 }));
    await recording.pass(2500);
    recording.tell(recording.change({ port: 2 }));
    await recording.pass(500);
    assert.deepEqual(recording.ports(), [1, 2]);
    assert.equal(recording.disk.text('PR-PIDS-26-10-25-2-0-0.log'), 'mine');
    assert.deepEqual(recording.disk.names('PORTS'), [
      'PR-PORTS-26-10-25-2-59-59.log',
      'PR-PORTS-26-10-25-2-0-1.log',
    ]);
  });

  it('are begun when the clock jumps to another day, and not for a smaller jump', async () => {
    const recording = await at(noon);
    await recording.pass(1000);
    recording.clock.wall -= 3_600_000;
    await recording.pass(1000);
    assert.deepEqual(begins(recording), ['start']);
    recording.clock.wall -= 24 * 3_600_000;
    await recording.pass(1000);
    recording.clock.wall += 10 * 24 * 3_600_000;
    await recording.pass(1000);
    assert.deepEqual(begins(recording), [
      'start',
      'the clock went back to another day',
      'midnight',
    ]);
    await recording.pass(6 * 60_000, 1000);
    assert.ok(recording.status().some((line) => line.startsWith('Heartbeat')));
  });

  it('are begun by size once a minute at most, and say where they are too large', async () => {
    const recording = await new Recording().open({ maxLogSize: 3000 });
    for (let second = 0; second < 150; second++) {
      const changes = Array.from({ length: 4 }, (_, index) =>
        recording.change({ port: 1 + second * 4 + index }),
      );
      recording.tell(...changes);
      await recording.pass(1000);
    }
    assert.deepEqual(recording.disk.names('PORTS'), [
      'PR-PORTS-26-07-6-13-44-4.log',
      'PR-PORTS-26-07-6-13-45-4.log',
      'PR-PORTS-26-07-6-13-46-4.log',
    ]);
    assert.deepEqual(
      recording.ports(),
      Array.from({ length: 600 }, (_, index) => index + 1),
    );
    assert.equal(recording.disk.names('INITIAL').length, 1);
    const continued = recording.disk.lines('PORTS', /^Continues/);
    assert.deepEqual(continued, new Array(3).fill('Continues PR-INITIAL-26-07-6-13-44-4.log'));
    const told = recording.status().filter((line) => /^(LimitPassed|End)/.test(line));
    assert.match(
      told[0] ?? '',
      /^LimitPassed \d+ files are followed by others once a minute at most$/,
    );
    assert.match(told[1] ?? '', /^End 240 size: \d+ bytes of 3000$/);
    const { bad } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual(bad, []);
  });

  it('by size renew PR-INITIAL when the last one is an hour old', async () => {
    const recording = await new Recording().open({ maxLogSize: 1 }, [row(endpoint(1))]);
    await recording.pass(62 * 60_000, 30_000);
    assert.deepEqual(recording.disk.names('INITIAL'), [
      'PR-INITIAL-26-07-6-13-44-4.log',
      'PR-INITIAL-26-07-6-14-44-4.log',
    ]);
    const last = recording.disk.names('PORTS').at(-1) ?? '';
    assert.match(recording.disk.text(last), /^Continues PR-INITIAL-26-07-6-14-44-4\.log$/m);
  });

  it('list again what each process has open, and its modules', async () => {
    const recording = await at(Date.UTC(2026, 6, 6, 21, 59, 50));
    for (const port of [1, 2]) {
      recording.tell(recording.change({ port }));
      await recording.pass(15_000, 500);
    }
    const [, second = ''] = recording.disk.names('PIDS');
    const { processes } = await readBytes(recording.disk.text(second), {});
    assert.deepEqual(
      processes.map(({ endpoints, owner }) => [endpoints.length, owner?.modules?.length]),
      [[2, 2]],
    );
    assert.doesNotMatch(recording.disk.text(second), /see the entry/);
  });

  it('are due for no other reason', () => {
    const state = { begun: noon, offset: 120, size: 10, age: 1e9, initialAge: 1e9 };
    assert.equal(rollDue(state, noon + 3_600_000, 120, 11), null);
    assert.deepEqual(rollDue(state, noon + 1, 120, 10), {
      reason: 'size: 10 bytes of 10',
      withInitial: true,
    });
  });
});
