import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  defaultLimits,
  keepAll,
  planRemovals,
  type RetentionLimits,
} from '../../../ts-worker/src/logs/write/retention.ts';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { noon, Recording } from './support/recording.ts';

const megabyte = 2 ** 20;
const set = (day: number, ...more: readonly string[]) =>
  [
    `PR-INITIAL-26-07-${day}-0-0-0.log`,
    `PR-PORTS-26-07-${day}-0-0-0.log`,
    `PR-PIDS-26-07-${day}-0-0-0.log`,
    ...more,
  ].map((name) => ({ name, size: megabyte }));

const files = [
  ...set(3),
  ...set(1, 'PR-PORTS-26-07-1-12-0-0.log', 'PR-PIDS-26-07-1-12-0-0.log'),
  ...set(2),
  { name: 'notes.txt', size: megabyte },
  { name: 'PR-PORTS-26-06-1-0-0-0.log.gz', size: megabyte },
];
const inUse = new Set(set(3).map(({ name }) => name));
const plenty = { size: 1000 * megabyte, free: 900 * megabyte };
const tenth = Date.UTC(2026, 6, 10);

const plan = (limits: Partial<RetentionLimits>, space = plenty, now = tenth) =>
  planRemovals(files, inUse, now, space, { ...keepAll(), ...limits }).map(
    ({ names, reason, bytes }) => [names.length, names[0], bytes / megabyte, reason],
  );

const first = (reason: string) => [5, 'PR-INITIAL-26-07-1-0-0-0.log', 5, reason];
const second = (reason: string) => [3, 'PR-INITIAL-26-07-2-0-0-0.log', 3, reason];

describe('old logs', () => {
  it('go in whole sets, by the day on which they ended', () => {
    assert.deepEqual(plan({ days: 7 }), [first('older than 7 days')]);
    assert.deepEqual(plan({ days: 8 }), []);
    assert.deepEqual(plan({ days: 1 }), [first('older than 1 days'), second('older than 1 days')]);
  });

  it('go when all are too large together, the oldest first', () => {
    assert.deepEqual(plan({ totalSize: 11 * megabyte }), []);
    assert.deepEqual(plan({ totalSize: 10 * megabyte }), [first('more than 10 MB of logs')]);
    assert.deepEqual(plan({ totalSize: 1 }).length, 2);
  });

  it('go when the disk has too little room', () => {
    const space = { size: 1000 * megabyte, free: 144 * megabyte };
    const reason = 'less than 150 MB free on the disk';
    assert.deepEqual(plan({ freeShare: 0.15 }, space), [first(reason), second(reason)]);
    assert.deepEqual(plan({ freeShare: 0.15 }, { ...space, free: 146 * megabyte }), [
      first(reason),
    ]);
  });

  it('are kept where that is asked for', () => {
    assert.deepEqual(plan({}, { size: 1, free: 0 }, Date.UTC(2099, 0)), []);
  });

  it('by default stay for 30 days, in 4 GB or a tenth of the file system', () => {
    const small = defaultLimits({ size: 10 * 2 ** 30, free: 0 });
    assert.deepEqual(small, { days: 30, totalSize: 2 ** 30, freeShare: 0.15 });
    assert.equal(defaultLimits({ size: 2 ** 40, free: 0 }).totalSize, 4 * 2 ** 30);
  });

  it('are removed by the recorder, which says so and leaves what is not its own', async () => {
    const disk = new MemoryDisk();
    const put = (name: string, text: string) =>
      disk.files.set(name, { bytes: Buffer.from(text), synced: 0, isListed: true });
    for (const { name } of [...set(1), ...set(2)])
      put(name, 'Port Reporter Version 2.0 Log File\n');
    put('PR-PORTS-05-07-6-13-44-4.log', 'Port Reporter Version 1.01 Log File - Port usage log\n');
    put('notes.txt', 'mine');
    const clock = new FakeClock(Date.UTC(2026, 7, 1, 12));
    const retention = () => ({ days: 30, totalSize: null, freeShare: 0 });
    const recording = await new Recording(disk, clock).open({ retention });
    await recording.pass(1000);
    assert.deepEqual(
      [...disk.files.keys()].filter((name) => !name.includes('26-08')).sort(),
      ['PR-PORTS-05-07-6-13-44-4.log', ...set(2).map(({ name }) => name), 'notes.txt'].sort(),
    );
    const removed = recording.status().filter((line) => line.startsWith('Removed'));
    assert.match(
      removed.join(),
      /^Removed 3 older than 30 days: PR-INITIAL-26-07-1-0-0-0\.log and .* it%2C \d+ bytes$/,
    );
  });

  it('make room when the disk is full', async () => {
    const recording = await new Recording().open({
      retention: () => ({ ...keepAll(), freeShare: 0.15 }),
    });
    const old = Buffer.concat([
      Buffer.from('Port Reporter Version 2.0 Log File\n'),
      Buffer.alloc(100_000),
    ]);
    recording.disk.files.set('PR-INITIAL-26-07-1-0-0-0.log', {
      bytes: old,
      synced: 0,
      isListed: true,
    });
    await recording.pass(1000);
    recording.disk.capacity = 102_000;
    for (let i = 0; i < 50; i++) recording.tell(recording.change({ port: i + 1 }));
    await recording.pass(4000);
    assert.equal(recording.ports().length, 50);
    assert.equal(recording.disk.files.has('PR-INITIAL-26-07-1-0-0-0.log'), false);
  });

  it('that can not be removed are told, and the recording goes on', async () => {
    const disk = new MemoryDisk();
    disk.failing.set('scandir', 'EACCES');
    const recording = new Recording(disk, new FakeClock(noon));
    await assert.rejects(recording.open(), { code: 'EACCES' });
    disk.failing.clear();
    await recording.open(); // nobody has the lock
    disk.failing.set('scandir', 'EACCES');
    await recording.pass(11 * 60_000, 10_000);
    recording.tell(recording.change());
    await recording.pass(250);
    assert.equal(recording.set.health.retentionTrouble, 'EACCES: scandir');
    assert.equal(recording.ports().length, 1);
  });
});
