import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { readBytes } from './support/read.ts';
import { endpoint, noon, Recording, row, settled } from './support/recording.ts';

/** Tells so many changes, a few at each turn, with ports that count on. */
async function stream(recording: Recording, count: number, first = 1): Promise<void> {
  for (let sent = 0; sent < count; sent += 5) {
    const ports = Array.from(
      { length: Math.min(5, count - sent) },
      (_, index) => first + sent + index,
    );
    recording.tell(...ports.map((port) => recording.change({ port })));
    await recording.pass(250);
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a disk that becomes full', () => {
  it('tears no line, and nothing is lost where it has room again in time', async () => {
    const recording = await new Recording().open();
    await stream(recording, 10);
    const used = [...recording.disk.files.values()].reduce(
      (sum, { bytes }) => sum + bytes.length,
      0,
    );
    recording.disk.capacity = used + 100;
    await stream(recording, 100, 11);
    const { trouble, waiting } = recording.set.health;
    assert.equal(trouble?.code, 'ENOSPC');
    assert.ok(waiting > 50);
    recording.disk.capacity = 1e9;
    await recording.pass(3000);
    assert.deepEqual(recording.ports(), upTo(110));
    assert.equal(recording.set.health.trouble, null);
    assert.equal(recording.set.health.waiting, 0);
    const { rows, bad } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual([rows.length, bad], [110, []]);
    assert.deepEqual((await readBytes(recording.disk.all('PIDS'), {})).bad, []);
  });

  it('for too long makes a gap with its count, and what is open is read anew', async () => {
    const recording = await new Recording().open({ mostWaiting: 20 });
    await stream(recording, 5);
    recording.disk.failing.set('write', 'ENOSPC');
    await stream(recording, 100, 6);
    assert.deepEqual(
      [recording.set.health.missed, recording.set.health.waiting],
      [75, 25], // five were on their way
    );
    recording.disk.failing.clear();
    recording.tables = { rows: [row(endpoint(77))], until: recording.clock.wall };
    await recording.pass(2000);
    await stream(recording, 1, 200);
    assert.deepEqual(recording.ports(), [...upTo(30), 200]);
    const gap = recording.status().filter((line) => line.startsWith('Gap'));
    assert.match(gap.join(), /^Gap 75 ENOSPC: write%2C since 2026-07-06T11:44:\d\d\.\d{6}Z$/);
    const { rows } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual(rows[30]?.Change, 'Gap');
    await recording.pass(60_000, 1000);
    assert.equal(recording.looks, 1);
    const [, second = ''] = recording.disk.names('INITIAL');
    const { processes } = await readBytes(recording.disk.text(second), {});
    assert.deepEqual(
      processes.map(({ endpoints }) => endpoints[0]?.endpoint.localPort),
      [77],
    );
  });

  it('at the start is waited for', async () => {
    const disk = new MemoryDisk();
    disk.failing.set('write', 'ENOSPC');
    const recording = await new Recording(disk).open({ mostWaiting: 100 });
    await stream(recording, 20);
    assert.equal(recording.set.health.trouble?.code, 'ENOSPC');
    assert.equal(disk.files.size, 0);
    disk.failing.clear();
    await recording.pass(2000);
    assert.deepEqual(recording.ports(), upTo(20));
  });

  it('at midnight does not keep the old files from going on', async () => {
    const clock = new FakeClock(Date.UTC(2026, 6, 6, 21, 59, 58));
    const recording = await new Recording(new MemoryDisk(), clock).open();
    recording.disk.failing.set('open', 'EACCES');
    await stream(recording, 100);
    const { health } = recording.set;
    assert.deepEqual([health.trouble, health.rollTrouble], [null, 'EACCES: open']);
    assert.deepEqual(recording.ports(), upTo(100));
    recording.disk.failing.clear();
    await stream(recording, 50, 101);
    assert.deepEqual(recording.ports(), upTo(150));
    assert.equal(recording.disk.names('PORTS').length, 2);
    assert.equal(recording.set.health.rollTrouble, null);
  });
});

describe('a source that can hold its changes back', () => {
  const isReady = async (recording: Recording) => {
    let ready = false;
    void recording.set.ready().then(() => {
      ready = true;
    });
    await settled();
    return () => ready;
  };

  it('is told when there is room again', async () => {
    const recording = await new Recording().open({ mostWaiting: 100 });
    recording.tell(...upTo(50).map((port) => recording.change({ port })));
    assert.equal((await isReady(recording))(), true);
    recording.tell(recording.change({ port: 51 }));
    const later = await isReady(recording);
    assert.equal(later(), false);
    await recording.pass(250);
    assert.equal(later(), true);
  });

  it('is not held up by a disk that makes trouble', async () => {
    const recording = await new Recording().open({ mostWaiting: 10 });
    recording.disk.failing.set('write', 'ENOSPC');
    recording.tell(...upTo(10).map((port) => recording.change({ port })));
    const later = await isReady(recording);
    assert.equal(later(), false);
    await recording.pass(250);
    assert.equal(later(), true);
    recording.tell(...upTo(10).map((port) => recording.change({ port })));
    assert.equal((await isReady(recording))(), true);
  });
});

describe('a directory that vanishes', () => {
  it('is waited for, and nothing is lost that was not in it', async () => {
    const recording = await new Recording().open();
    await stream(recording, 10);
    await recording.pass(2000);
    recording.disk.vanish();
    await stream(recording, 30, 11);
    assert.equal(recording.set.health.trouble?.code, 'ENOENT');
    recording.disk.isGone = false;
    await stream(recording, 10, 41);
    await recording.pass(1500);
    assert.deepEqual(recording.ports(), upTo(50).slice(10));
    assert.match(
      recording.status()[0] ?? '',
      /^Begin - PR-PORTS-\S+%2C PR-PIDS-\S+%2C PR-INITIAL-\S+ vanished$/,
    );
    await recording.set.close('done');
    const { processes, bad } = await readBytes(recording.disk.all('PIDS'), {});
    assert.deepEqual(bad, []);
    const inPids = new Set(
      processes.flatMap(({ endpoints }) => endpoints.map(({ endpoint: at }) => at.localPort)),
    );
    assert.deepEqual(
      upTo(50)
        .slice(10)
        .filter((port) => !inPids.has(port)),
      [],
    );
  });

  it('is noticed within 5 s, too, when nothing happens', async () => {
    const recording = await new Recording().open();
    await recording.pass(6000);
    recording.disk.files.clear();
    await recording.pass(6000);
    assert.equal(recording.disk.files.size, 3);
  });

  it('in parts leaves what was written, and what follows is elsewhere', async () => {
    const recording = await new Recording().open();
    await stream(recording, 10);
    recording.disk.files.delete(recording.disk.names('PIDS')[0] ?? '');
    await stream(recording, 10, 11);
    assert.deepEqual(recording.ports(), upTo(20));
    const [first = '', ...others] = recording.disk.names('PORTS');
    assert.equal(others.length, 1);
    assert.match(recording.disk.text(first), /^# \S+ End 15 PR-PIDS-\S+ vanished$/m);
  });
});

describe('a disk that can not sync', () => {
  it('is told as a gap, and the recording goes on in new files', async () => {
    const recording = await new Recording().open();
    await recording.pass(70_000, 1000);
    recording.disk.failing.set('fdatasync', 'EIO');
    await stream(recording, 10);
    await recording.pass(3000);
    recording.disk.failing.clear();
    await recording.pass(1000);
    await stream(recording, 10, 11);
    assert.deepEqual(recording.ports(), upTo(20));
    const [, , begin, gap] = recording.status();
    assert.match(
      gap ?? '',
      /^Gap \d+ PR-PORTS-\S+ could not be put on the disk \(EIO: fdatasync\)$/,
    );
    assert.match(begin ?? '', /^Begin - PR-PORTS-\S+ could not be put/);
    assert.equal(recording.disk.names('PORTS').length, 2);
  });

  it('makes no storm of files', async () => {
    const disk = new MemoryDisk();
    disk.failing.set('fdatasync', 'EIO');
    const recording = await new Recording(disk).open();
    await stream(recording, 500);
    await recording.pass(155_000, 1000);
    assert.ok(recording.disk.names('PORTS').length <= 4, recording.disk.names('PORTS').join());
  });
});

describe('after the power failed', () => {
  it('at most 5 s are missing, and the rest is readable', async () => {
    const recording = await new Recording().open();
    const toldAt = new Map<number, number>();
    for (let port = 1; port <= 200; port++) {
      toldAt.set(port, recording.clock.wall);
      recording.tell(recording.change({ port }));
      await recording.pass(100, 100);
    }
    const failedAt = recording.clock.wall;
    recording.disk.losePower();
    const left = new Set(recording.ports());
    for (const [port, time] of toldAt) {
      if (failedAt - time > 5000)
        assert.ok(left.has(port), `${port}, ${failedAt - time} ms before`);
    }
    assert.ok(left.size < 200);
    const { rows, bad } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual([rows.length, bad.length <= 1], [left.size, true]);
  });

  it('the next start says how the last run ended', async () => {
    const first = await new Recording().open();
    await stream(first, 10);
    await first.pass(6000);
    first.disk.losePower();
    const name = first.disk.names('PORTS')[0] ?? '';
    const file = first.disk.files.get(name);
    assert.ok(file !== undefined);
    file.bytes = file.bytes.subarray(0, -3);
    const next = await new Recording(first.disk, new FakeClock(noon + 60_000)).open();
    await next.pass(250);
    const second = next.disk.names('PORTS')[1] ?? '';
    const status = next.disk
      .text(second)
      .split('\n')
      .filter((line) => line.startsWith('#'));
    assert.deepEqual(
      status.map((line) => line.replace(/^# \S+ /, '')),
      [
        'Begin - start',
        `Torn 1 ${name} ends inside a line`,
        `Interrupted - ${name} has no last line: the recorder was killed or the power failed ` +
          '(its last second may be without entries in PR-PIDS)',
      ],
    );
  });

  it('says nothing of a genuine log that lies there', async () => {
    const disk = new MemoryDisk();
    const bytes = Buffer.from(
      'Port Reporter Version 1.01 Log File - Port usage log\n\n05/7/6,1:2:3,TC',
    );
    disk.files.set('PR-PORTS-05-07-6-13-44-4.log', { bytes, synced: 0, isListed: true });
    const recording = await new Recording(disk).open();
    await recording.pass(250);
    assert.deepEqual(recording.status(), ['Begin - start']);
  });
});

describe('a recorder that is stopped', () => {
  it('while the disk is full rejects and lets go of the directory', async () => {
    const recording = await new Recording().open();
    recording.disk.failing.set('write', 'ENOSPC');
    recording.tell(recording.change());
    await assert.rejects(recording.set.close('stopped'), { code: 'PR_LOG_UNWRITABLE' });
    assert.equal(recording.disk.isLocked, false);
  });

  it('waits for the turn that is going on', async () => {
    const recording = await new Recording().open();
    recording.tell(recording.change());
    const turn = recording.set.turn();
    assert.equal(recording.set.turn(), turn);
    await recording.set.close('stopped');
    await settled();
    assert.deepEqual(recording.ports(), [1000]);
  });

  it('never hides an error that is none of the disk', async () => {
    const recording = await new Recording().open();
    recording.disk.space = () => Promise.resolve({ size: 1, free: 1 });
    recording.clock.offsetAt = () => {
      throw new TypeError('a fault of ours');
    };
    await assert.rejects(recording.set.turn(), { message: 'a fault of ours' });
  });
});
