import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { facts } from '../support/rows.ts';
import { FakeClock, MemoryDisk } from './support/disk.ts';
import { readBytes } from './support/read.ts';
import { endpoint, noon, Recording, row, someone } from './support/recording.ts';

const headings = (text: string, pattern: RegExp) =>
  text.split('\n').filter((line) => pattern.test(line));

describe('the logs of a recorder', () => {
  it('are three at the start, with one stamp', async () => {
    const { disk } = await new Recording().open();
    assert.deepEqual([...disk.files.keys()].sort(), [
      'PR-INITIAL-26-07-6-13-44-4.log',
      'PR-PIDS-26-07-6-13-44-4.log',
      'PR-PORTS-26-07-6-13-44-4.log',
    ]);
    assert.match(disk.all('PORTS'), /^Continues PR-INITIAL-26-07-6-13-44-4\.log$/m);
  });

  it('have a change within a turn of its being told, and on the disk within 5 s', async () => {
    const recording = await new Recording().open();
    await recording.pass(1000);
    recording.tell(recording.change({ port: 1234 }));
    await recording.pass(250);
    assert.deepEqual(recording.ports(), [1234]);
    const file = recording.disk.files.get('PR-PORTS-26-07-6-13-44-4.log');
    await recording.pass(4000);
    assert.equal(file?.synced, file?.bytes.length);
    assert.ok(file?.isListed);
  });

  it('have an entry of PR-PIDS for each second and process with records', async () => {
    const recording = await new Recording().open({}, [row(endpoint(1)), row(endpoint(2))]);
    recording.tell(recording.change({ port: 3 }), recording.change({ port: 4 }));
    await recording.pass(1500);
    recording.tell(recording.change({ kind: 'Disappeared', port: 3 }));
    recording.tell(recording.change({ port: 9, ...row(endpoint(9), null) }));
    await recording.pass(3000);
    const { processes, bad } = await readBytes(recording.disk.all('PIDS'), {});
    assert.deepEqual(bad, []);
    assert.deepEqual(
      processes.map(({ time, owner, endpoints, statistics }) => [
        time - noon,
        owner?.pid,
        endpoints.map(({ endpoint: { localPort } }) => localPort).sort(),
        statistics.tcpMappings,
      ]),
      [
        [0, 7, [1, 2, 3, 4], 4],
        [1000, 7, [3], 3],
        [1000, undefined, [9], 1],
      ],
    );
    assert.deepEqual(processes[1]?.owner?.modules, ['/bin/a', '/lib/b']);
    assert.match(
      recording.disk.all('PIDS'),
      /^Loaded modules: see the entry of 26\/7\/6,13:44:4$/m,
    );
  });

  it('match every record with an entry by date, time and pid', async () => {
    const recording = await new Recording().open();
    for (let i = 0; i < 40; i++) {
      const owner = facts(100 + (i % 3), { startTime: 5 });
      recording.tell(recording.change({ port: i + 1, ...row(endpoint(i + 1), owner) }));
      await recording.pass(330, 110);
    }
    await recording.set.close('stopped');
    const { rows } = await readBytes(recording.disk.all('PORTS'), {});
    const { processes } = await readBytes(recording.disk.all('PIDS'), {});
    const keys = new Set(processes.map(({ time, owner }) => `${time} ${owner?.pid}`));
    assert.equal(rows.length, 40);
    for (const { Time, OwningProcess } of rows) {
      const second = Math.floor(Date.parse(Time) / 1000) * 1000;
      assert.ok(keys.has(`${second} ${OwningProcess}`), `${Time} ${OwningProcess}`);
    }
    assert.equal(keys.size, processes.length);
  });

  it('list modules where they changed, or always, and say when a process is gone', async () => {
    const run = async (moduleDetail: 'WhenChanged' | 'Always') => {
      const recording = await new Recording().open({ moduleDetail });
      for (const step of [1, 2, 3, 4]) {
        if (step === 3) recording.modules.set(7, ['/bin/a', '/lib/c']);
        if (step === 4) recording.modules.delete(7);
        recording.tell(recording.change({ port: step }));
        await recording.pass(40_000, 500);
      }
      recording.tell(
        recording.change({ port: 9, ...row(endpoint(9), facts(9, { startTime: 1 })) }),
      );
      await recording.pass(3000);
      return headings(recording.disk.all('PIDS'), /^(Loaded|\/|Could)/).map((line) =>
        line.slice(0, 21),
      );
    };
    const list = ['Loaded modules:', '/bin/a'];
    const again = 'Loaded modules: see t';
    const gone = 'Could not access modu';
    assert.deepEqual(await run('WhenChanged'), [
      ...[...list, '/lib/b', again, ...list, '/lib/c', again, gone],
    ]);
    assert.deepEqual(await run('Always'), [
      ...[...list, '/lib/b', ...list, '/lib/b', ...list, '/lib/c', ...list, '/lib/c', gone],
    ]);
  });

  it('begin with what was open, and what was loaded', async () => {
    const other = facts(8, { startTime: 1, name: 'b', user: 'D\\u' });
    const rows = [
      row(endpoint(5), other),
      row(endpoint(6)),
      row(endpoint(4)),
      row(endpoint(3), null),
    ];
    const recording = await new Recording().open({}, rows);
    await recording.pass(250);
    const { processes, bad } = await readBytes(recording.disk.all('INITIAL'), {});
    assert.deepEqual(bad, []);
    assert.deepEqual(
      processes.map(({ owner, endpoints }) => [
        owner?.user,
        owner?.modules,
        endpoints.map(({ endpoint: at, attribution }) => [at.localPort, at.namespace, attribution]),
      ]),
      [
        [
          'root',
          ['/bin/a', '/lib/b'],
          [
            [4, 'default', 'Table'],
            [6, 'default', 'Table'],
          ],
        ],
        ['D\\u', null, [[5, 'default', 'Table']]],
        [undefined, undefined, [[3, 'default', 'Table']]],
      ],
    );
  });

  it('tell every 5 minutes that the recorder lives', async () => {
    const recording = await new Recording().open();
    recording.tell(recording.change(), recording.change({ port: 2 }));
    await recording.pass(15 * 60_000 + 1000, 1000);
    assert.deepEqual(recording.status(), [
      'Begin - start',
      'Heartbeat 2 records since the last one',
      'Heartbeat 0 records since the last one',
      'Heartbeat 0 records since the last one',
    ]);
  });

  it('end with their last lines', async () => {
    const recording = await new Recording().open();
    recording.tell(recording.change());
    await recording.set.close('the service was stopped');
    assert.deepEqual(recording.status(), ['Begin - start', 'End 1 the service was stopped']);
    assert.match(recording.disk.all('PIDS'), /={9} end of log file ={9}\n$/);
    assert.match(recording.disk.all('INITIAL'), /={9} end of log file ={9}\n$/);
    assert.equal(recording.disk.isLocked, false);
    const next = await new Recording(recording.disk, new FakeClock(noon + 5000)).open();
    assert.deepEqual(next.status(), [
      'Begin - start',
      'End 1 the service was stopped',
      'Begin - start',
    ]);
  });

  it('keep status lines among the records, in the order in which they were told', async () => {
    const recording = await new Recording().open();
    recording.tell(recording.change({ port: 1 }));
    recording.set.note('ClockSet', -3000, 'the clock was set back by 3 s');
    recording.tell({
      kind: 'Gap',
      time: noon,
      missed: null,
      reason: 'ring, full',
      source: 'Kernel',
    });
    recording.tell(recording.change({ port: 2 }));
    await recording.pass(250);
    const lines = recording.disk
      .lines('PORTS', /^[#\d]/)
      .map((line) => line.replace(/^# \S+ |,.*$/g, ''));
    assert.deepEqual(lines.slice(1), [
      '26/7/6',
      'ClockSet -3000 the clock was set back by 3 s',
      'Gap - ring%2C full',
      '26/7/6',
    ]);
  });

  it('begin anew by the tables where times no longer tell what is open', async () => {
    for (const [kind, reason] of [
      ['ClockSet', 'the clock was set'],
      ['Suspended', 'the machine was suspended'],
    ] as const) {
      const recording = await new Recording().open({}, [row(endpoint(1))]);
      await recording.pass(30_000, 1000);
      recording.set.note(kind, 5000, 'milliseconds');
      recording.tables = { rows: [row(endpoint(2))], until: recording.clock.wall };
      await recording.pass(25_000, 1000);
      assert.equal(recording.looks, 0); // never more than one in a minute
      await recording.pass(10_000, 1000);
      assert.equal(recording.looks, 1);
      assert.deepEqual(recording.status().slice(1), [
        `${kind} 5000 milliseconds`,
        `End 0 ${reason}: the tables were read again`,
        `Begin - ${reason}: the tables were read again`,
      ]);
      const [, second = ''] = recording.disk.names('INITIAL');
      const { processes } = await readBytes(recording.disk.text(second), {});
      const ports = processes.map(({ endpoints }) => endpoints[0]?.endpoint.localPort);
      assert.deepEqual(ports, [2]);
      await recording.pass(120_000, 1000);
      assert.equal(recording.looks, 1);
    }
  });

  it('in the Legacy format are ten columns, and the status beside them', async () => {
    const recording = await new Recording().open({ format: 'Legacy', newline: '\r\n' });
    recording.tell(recording.change({ port: 1, ...row(endpoint(1, { state: 'SynSent' })) }));
    recording.tell(recording.change({ kind: 'Changed', port: 1, previousState: 'SynSent' }));
    recording.tell(recording.change({ kind: 'Disappeared', port: 1 }));
    recording.tell({ kind: 'Gap', time: noon, missed: 3, reason: 'x', source: 'Kernel' });
    await recording.pass(3000);
    await recording.set.close('done');
    const ports = recording.disk.all('PORTS');
    assert.doesNotMatch(ports, /^#/m);
    assert.doesNotMatch(ports, /[^\r]\n/);
    assert.deepEqual(headings(ports, /^\d/), [
      '26/7/6,13:44:4,TCP,1,10.0.0.1,80,10.0.0.2,7,a,<root>\r',
    ]);
    const { rows, bad } = await readBytes(recording.disk.all('STATUS'), { includeStatus: true });
    assert.deepEqual(bad, []);
    assert.deepEqual(
      rows.map(({ Change, Missed }) => [Change, Missed]),
      [
        ['Begin', null],
        ['Gap', 3],
        ['End', 1],
      ],
    );
  });

  it('are read back as they were told', async () => {
    const recording = await new Recording().open();
    const names = ['a,b', '=1+1', 'x\ny', '<z>', '\ud800', '%41'];
    for (const [index, name] of names.entries()) {
      const owner = facts(50 + index, {
        name,
        user: name,
        path: name,
        services: [name],
        startTime: 9,
      });
      recording.tell(recording.change({ port: index + 1, ...row(endpoint(index + 1), owner) }));
    }
    await recording.pass(3000);
    const { rows } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual(
      rows.map(({ ProcessName, User, Path, Services }) => [ProcessName, User, Path, Services]),
      names.map((name) => [name, name, name, [name]]),
    );
    const { processes, bad } = await readBytes(recording.disk.all('PIDS'), {});
    assert.deepEqual(bad, []);
    assert.deepEqual(
      processes.map(({ owner }) => owner?.name),
      names,
    );
  });
});

describe('a second recorder', () => {
  it('in the same directory is refused', async () => {
    const { disk } = await new Recording().open();
    await assert.rejects(new Recording(disk).open(), { code: 'PR_LOG_DIRECTORY_BUSY' });
  });
});

describe('at a high rate', () => {
  it('nothing is lost and the files stay whole', async () => {
    const recording = await new Recording(new MemoryDisk(), new FakeClock(noon)).open();
    const some = Array.from({ length: 300 }, (_, index) =>
      facts(100 + index, { startTime: 4, name: 'x' }),
    );
    let port = 0;
    for (let turn = 0; turn < 4; turn++) {
      const changes = Array.from({ length: 5000 }, () => {
        port += 1;
        const owner = some[port % some.length] ?? someone;
        return recording.change({ ...row(endpoint((port % 60_000) + 1), owner) });
      });
      recording.tell(...changes);
      await recording.pass(100, 100);
    }
    await recording.set.close('done');
    const { rows, bad } = await readBytes(recording.disk.all('PORTS'), {});
    assert.deepEqual([rows.length, bad], [20_000, []]);
    assert.deepEqual(recording.status().at(-1), 'End 20000 done');
    assert.equal((await readBytes(recording.disk.all('PIDS'), {})).bad.length, 0);
  });
});
