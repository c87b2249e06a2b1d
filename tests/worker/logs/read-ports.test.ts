import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { everything } from '../../../ts-worker/src/logs/read/context.ts';
import { readLog } from '../../../ts-worker/src/logs/read/read-log.ts';
import { GrowingColumns } from '../../../ts-worker/src/logs/read/record-columns.ts';
import { noEnds } from '../../../ts-worker/src/logs/read/record-ends.ts';
import type { RecordBatch } from '../../../ts-worker/src/logs/read/record-template.ts';
import { parseTimeZone } from '../../../ts-worker/src/logs/read/time-zone.ts';
import type { EndpointChange } from '../../../ts-worker/src/model/change.ts';
import { toIso } from '../../../ts-worker/src/time/iso.ts';
import { readSample } from '../support/repository.ts';
import { anyChange } from './support/arbitraries.ts';
import { type Batch, type PortRecordRow, readBytes, rowsOf, utc } from './support/read.ts';
import { portsLog } from './support/write.ts';

const genuine = readSample('logs/PR-PORTS-05-07-6-13-44-4.txt').toString();

const genuineRow = (about: Partial<PortRecordRow>): PortRecordRow => ({
  Time: '',
  Change: null,
  Protocol: 'TCP',
  LocalPort: 3389,
  LocalAddress: '0.0.0.0',
  RemotePort: null,
  RemoteAddress: null,
  OwningProcess: 1096,
  ProcessName: 'svchost.exe',
  User: 'NT AUTHORITY\\SYSTEM',
  State: null,
  PreviousState: null,
  Attribution: null,
  Services: null,
  Path: null,
  ProcessStartTime: null,
  Namespace: null,
  Missed: null,
  Reason: null,
  File: 'a.log',
  LineNumber: 0,
  ...about,
});

const genuineRows: readonly PortRecordRow[] = [
  genuineRow({ Time: '2005-07-06T13:52:01.000000+00:00', State: 'Listen', LineNumber: 8 }),
  genuineRow({
    Time: '2005-07-06T13:52:02.000000+00:00',
    LocalAddress: '172.16.16.150',
    RemotePort: 1486,
    RemoteAddress: '172.16.16.100',
    LineNumber: 9,
  }),
  genuineRow({
    Time: '2005-07-06T13:52:04.000000+00:00',
    Protocol: 'UDP',
    LocalPort: 1088,
    OwningProcess: 1540,
    ProcessName: 'rdpclip.exe',
    User: 'TEST\\Administrator',
    State: 'Bound',
    LineNumber: 10,
  }),
];

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const utf16 = Buffer.from(genuine, 'utf16le');
const packed: Readonly<Record<string, Uint8Array>> = {
  'with LF': Buffer.from(genuine),
  'with CRLF': Buffer.from(genuine.replaceAll('\n', '\r\n')),
  'with a byte order mark': Buffer.concat([byteOrderMark, Buffer.from(genuine)]),
  'in UTF-16 with a mark': Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
  'in UTF-16 without a mark': utf16,
  'in big-endian UTF-16': Buffer.from(utf16).swap16(),
  'in gzip': gzipSync(genuine),
  'in UTF-16 in gzip': gzipSync(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])),
  'in two pieces of gzip': Buffer.concat([
    gzipSync(genuine.slice(0, 300)),
    gzipSync(genuine.slice(300)),
  ]),
};

describe('a genuine PR-PORTS', () => {
  for (const [name, bytes] of Object.entries(packed)) {
    it(`is read ${name}, in pieces of any size`, async () => {
      for (const chunk of [1, 7, 100_000]) {
        const { rows, bad, kind, bytesRead } = await readBytes(bytes, utc, chunk);
        assert.deepEqual(bad, []);
        assert.deepEqual(rows, genuineRows);
        assert.deepEqual([kind, bytesRead], ['PR-PORTS', bytes.length]);
      }
    });
  }

  it('is read without its last end of line', async () => {
    assert.deepEqual((await readBytes(genuine.trimEnd())).rows, genuineRows);
  });

  it('is read without its header, and where several were joined', async () => {
    const lines = genuine.split('\n');
    const bare = await readBytes(lines.slice(7).join('\n'));
    assert.equal(bare.kind, 'PR-PORTS');
    assert.deepEqual(
      bare.rows.map(({ Time }) => Time),
      genuineRows.map(({ Time }) => Time),
    );
    const joined = await readBytes(`${genuine}${portsLog([])}${genuine}`);
    assert.deepEqual([joined.rows.length, joined.bad], [6, []]);
    assert.equal(joined.rows[5]?.LineNumber, 30);
  });

  it('of Windows 2000 stops behind the remote address', async () => {
    const text = genuine.replace(/,(1096|1540),.*$/gm, '');
    const { rows, bad } = await readBytes(text);
    assert.deepEqual(bad, []);
    assert.deepEqual(
      rows,
      genuineRows.map((row) => ({ ...row, OwningProcess: null, ProcessName: null, User: null })),
    );
  });

  it('may have names in the code page of its machine', async () => {
    const name = genuine.replace('Administrator', 'Jürgen €');
    const inWindows1252 = Buffer.from(name.replace('€', '\x80'), 'latin1');
    for (const bytes of [Buffer.from(name), inWindows1252]) {
      assert.equal((await readBytes(bytes)).rows[2]?.User, 'TEST\\Jürgen €');
    }
  });

  it('keeps names as they are: nothing in it is encoded', async () => {
    const { rows } = await readBytes(genuine.replace('rdpclip.exe', 'a%20b.exe'));
    assert.equal(rows[2]?.ProcessName, 'a%20b.exe');
  });

  it('says that the time zone was assumed, but only where it was', async () => {
    assert.equal((await readBytes(genuine, {})).assumedZone, true);
    assert.equal((await readBytes(genuine, utc)).assumedZone, false);
    assert.equal((await readBytes(portsLog([], 60, 'Legacy'), {})).assumedZone, false);
  });
});

describe('local time', () => {
  const log = (...times: readonly string[]) =>
    times.map((time) => `${time},TCP,1,1.1.1.1,,0.0.0.0,1,a,<b>\n`).join('');
  const read = async (zone: string, text: string) => {
    const { rows } = await readBytes(text, { timeZone: parseTimeZone(zone) });
    return rows.map(({ Time }) => Time.slice(11, 19));
  };

  it('is taken in the zone that is asked for', async () => {
    const text = log('05/7/6,13:52:1', '05/12/6,13:52:1');
    assert.deepEqual(await read('Europe/Vienna', text), ['11:52:01', '12:52:01']);
    assert.deepEqual(await read('-03:30', text), ['17:22:01', '17:22:01']);
    assert.deepEqual(await read('America/New_York', text), ['17:52:01', '18:52:01']);
  });

  it('is in the zone that the log names, whatever is asked for', async () => {
    const said = genuine.replace('\n\n', '\n\nUTC offset: +02:00\n');
    const { rows } = await readBytes(said, { timeZone: parseTimeZone('-03:30') });
    const [own] = (await readBytes(genuine, { timeZone: parseTimeZone('+02:00') })).rows;
    assert.equal(rows[0]?.Time, own?.Time);
  });

  it('that comes twice in autumn keeps the order of the lines', async () => {
    const times = ['1:59:59', '2:10:0', '2:50:0', '2:10:0', '2:50:0', '2:20:0', '3:0:0'];
    const text = log(...times.map((time) => `05/10/30,${time}`));
    const expected = [
      '23:59:59',
      '00:10:00',
      '00:50:00',
      '01:10:00',
      '01:50:00',
      '01:20:00',
      '02:00:00',
    ];
    assert.deepEqual(await read('Europe/Vienna', text), expected);
  });

  it('that comes twice is told apart by lines, too, that the filter drops', async () => {
    const dropped = log('05/10/30,2:50:0').replace('TCP,1', 'TCP,2');
    const { rows } = await readBytes(`${dropped}${log('05/10/30,2:10:0')}`, {
      timeZone: parseTimeZone('Europe/Vienna'),
      filter: { localPort: ['1'] },
    });
    assert.deepEqual(
      rows.map(({ Time }) => Time.slice(11, 19)),
      ['01:10:00'],
    );
  });

  it('that is left out in spring counts on', async () => {
    assert.deepEqual(
      await read('Europe/Vienna', log('05/3/27,1:59:59', '05/3/27,2:30:0', '05/3/27,3:0:0')),
      ['00:59:59', '01:30:00', '01:00:00'],
    );
  });

  it('of a zone that nobody knows is refused', () => {
    assert.throws(() => parseTimeZone('Middle/Earth'), {
      code: 'PR_TIME_ZONE_UNKNOWN',
      message: "'Middle/Earth' is no time zone.",
    });
  });
});

/** What PowerShell shows of a change. */
const expectedRow = (change: EndpointChange, LineNumber: number): PortRecordRow => {
  const { endpoint, ownership, previousState } = change;
  const { owner, attribution } = ownership;
  return {
    Time: toIso(change.time),
    Change: change.kind,
    Protocol: endpoint.protocol,
    LocalPort: endpoint.localPort || null,
    LocalAddress: endpoint.localAddress,
    RemotePort: endpoint.remotePort,
    RemoteAddress: endpoint.remoteAddress,
    OwningProcess: owner?.pid ?? null,
    ProcessName: owner?.name ?? null,
    User: owner?.user ?? null,
    State: endpoint.state,
    PreviousState: previousState,
    Attribution: attribution,
    Services: owner?.services ?? null,
    Path: owner?.path ?? null,
    ProcessStartTime: owner === null || owner.startTime === null ? null : toIso(owner.startTime),
    Namespace: endpoint.namespace,
    Missed: null,
    Reason: null,
    File: 'a.log',
    LineNumber,
  };
};

const headerLength = portsLog([]).split('\n').length - 1;

describe('a PR-PORTS of ours', () => {
  it('gives back every field of every change, in pieces of any size', async () => {
    const anyChunk = fc.constantFrom(3, 50, 1000, 100_000);
    await fc.assert(
      fc.asyncProperty(fc.array(anyChange, { maxLength: 8 }), anyChunk, async (changes, chunk) => {
        const { rows, bad } = await readBytes(portsLog(changes), {}, chunk);
        assert.deepEqual(bad, []);
        assert.deepEqual(
          rows,
          changes.map((change, index) => expectedRow(change, headerLength + 1 + index)),
        );
      }),
    );
  });

  it('keeps its times in the Legacy format, by the offset of its header', async () => {
    const [change] = fc.sample(anyChange, { seed: 1, numRuns: 1 });
    assert.ok(change !== undefined);
    const at = { ...change, time: Date.UTC(2026, 2, 29, 23, 59, 59) };
    for (const offset of [-210, 0, 840]) {
      const { rows } = await readBytes(portsLog([at], offset, 'Legacy'), {});
      assert.equal(rows[0]?.Time, '2026-03-29T23:59:59.000000+00:00');
    }
  });

  it('is cut into batches, whose templates begin again when there are many', async () => {
    const [base] = fc.sample(anyChange, { seed: 7, numRuns: 1 });
    assert.ok(base !== undefined);
    const owner = { pid: 1, startTime: null, path: null, commandLine: null, user: null };
    const changes = Array.from({ length: 10_000 }, (_, index) => ({
      ...base,
      ownership: {
        ...base.ownership,
        owner: { ...owner, name: `p${index % 9000}`, services: null, modules: null },
      },
    }));
    const { rows } = await readBytes(portsLog(changes), { batchSize: 300 });
    assert.equal(rows.length, 10_000);
    assert.ok(rows.every(({ ProcessName }, index) => ProcessName === `p${index % 9000}`));
  });

  it('has gaps among its records, and more where it is asked for', async () => {
    const [header, record] = [
      portsLog([]),
      portsLog(fc.sample(anyChange, { seed: 3, numRuns: 1 })),
    ];
    const status = [
      '# 2026-07-06T11:44:04.000000Z Heartbeat 3 -',
      '# 2026-07-06T11:44:05.000000Z Gap 12 the disk was full%2C long',
      '# 2026-07-06T11:44:06.000000Z Gap - unknown',
      '# nonsense',
    ];
    const text = `${record}${status.join('\n')}\n${header}`;
    const { rows, bad } = await readBytes(text, {});
    assert.deepEqual(
      rows.slice(1).map(({ Change, Missed, Reason, Time }) => [Change, Missed, Reason, Time]),
      [
        ['Gap', 12, 'the disk was full, long', '2026-07-06T11:44:05.000000+00:00'],
        ['Gap', null, 'unknown', '2026-07-06T11:44:06.000000+00:00'],
      ],
    );
    const nonsense = { lineNumber: headerLength + 5, came: '# nonsense' };
    assert.deepEqual(bad, [{ file: 'a.log', expected: '# time kind count reason', ...nonsense }]);
    const all = await readBytes(text, { includeStatus: true });
    assert.deepEqual(all.rows.map(({ Change }) => Change).slice(1), ['Heartbeat', 'Gap', 'Gap']);
    const filtered = await readBytes(text, { filter: { localPort: ['1'], user: ['nobody'] } });
    assert.equal(filtered.rows.length, 2);
    const appeared = await readBytes(text, {
      filter: { change: ['ProcessExited'] },
      includeStatus: true,
    });
    assert.deepEqual(
      appeared.rows.map(({ Change }) => Change),
      ['Gap', 'Gap'],
    );
    const late = await readBytes(text, {
      after: Date.UTC(2026, 6, 6, 11, 44, 6),
      before: Date.UTC(2027, 0),
    });
    assert.deepEqual(
      late.rows.filter(({ Change }) => Change === 'Gap').map(({ Reason }) => Reason),
      ['unknown'],
    );
  });

  it('says which lines it can not read, and reads on', async () => {
    const [change] = fc.sample(anyChange, { seed: 5, numRuns: 1 });
    assert.ok(change !== undefined);
    const line = portsLog([change]).split('\n').at(-2) ?? '';
    const broken = [
      'hello',
      '05/7/6,13:52:1,TCP',
      line.replace(/,(TCP|UDP),/, ',SCTP,'),
      line.replace(/\d{6}Z/, '12Z'),
      line,
    ];
    const { rows, bad } = await readBytes(`${portsLog([])}${broken.join('\n')}\n${line}\n`, {});
    assert.equal(rows.length, 2);
    assert.deepEqual(
      bad.map(({ lineNumber, expected }) => [lineNumber - headerLength, expected]),
      [
        [1, 'a record or a status line'],
        [2, 'record: 19 fields'],
        [3, 'protocol: TCP or UDP'],
        [4, 'time (UTC): a time such as 2026-07-06T11:44:04.000000Z'],
      ],
    );
    assert.deepEqual(
      bad.map(({ came }) => came),
      broken.slice(0, 4).map((each) => each.slice(0, 200)),
    );
  });

  it('finds a wrong line, too, that has all but its number of fields from a good one', async () => {
    for (const format of ['Extended', 'Legacy'] as const) {
      const [change] = fc.sample(anyChange, { seed: 5, numRuns: 1 });
      assert.ok(change !== undefined);
      const line = portsLog([change], 0, format).split('\n').at(-2) ?? '';
      const fields = line.split(',');
      const wrong = [
        [...fields, ''],
        [...fields, ...fields.slice(-1)],
        fields.slice(0, -1),
        [...fields.slice(0, 7), '', ...fields.slice(7)],
        [...fields.slice(0, 6), ...fields.slice(7)],
        [...fields.slice(0, 4), '10.1.2.300', ...fields.slice(5)],
      ].map((each) => each.join());
      const text = [line, ...wrong.flatMap((each) => [each, line])].join('\n');
      const { rows, bad } = await readBytes(`${portsLog([], 0, format)}${text}\n`, {});
      assert.deepEqual(
        bad.map(({ lineNumber }) => lineNumber - headerLength),
        wrong.map((_, index) => 2 * index + 2),
      );
      assert.equal(rows.length, wrong.length + 1);
    }
  });

  it('whose last line is torn says so', async () => {
    const text = portsLog(fc.sample(anyChange, { seed: 5, numRuns: 3 }));
    for (const cut of [1, 5, 30]) {
      const { rows, bad } = await readBytes(text.slice(0, -cut), {});
      assert.equal(rows.length, 2);
      assert.deepEqual(
        bad.map(({ lineNumber, expected }) => [lineNumber, expected]),
        [[headerLength + 3, 'a whole line']],
      );
    }
    const status = await readBytes(`${text}# 2026-07-06T11:44:05.000000Z Ga`, {});
    assert.deepEqual([status.rows.length, status.bad.length], [3, 1]);
  });

  it('in gzip that was cut off gives what is there', async () => {
    const some = fc.sample(anyChange, { seed: 5, numRuns: 20 });
    const text = portsLog(Array.from({ length: 100 }, () => some).flat());
    const whole = gzipSync(text);
    const { rows, bad } = await readBytes(whole.subarray(0, whole.length >> 1), {});
    assert.ok(rows.length > 10 && rows.length < 2000, `${rows.length} rows`);
    assert.deepEqual(
      bad.map(({ expected }) => expected),
      ['a whole gzip file', 'a whole line'],
    );
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, whole.length >> 1);
    const { bad: told } = await readBytes(damaged, {});
    assert.ok(told.some(({ expected }) => expected === 'a whole gzip file'));
  });

  it('with a line that never ends keeps its memory and reads on', async () => {
    const [change] = fc.sample(anyChange, { seed: 5, numRuns: 1 });
    assert.ok(change !== undefined);
    const long = `${portsLog([change])}1${'x'.repeat(3 << 20)}\n${portsLog([change])}`;
    const { rows, bad } = await readBytes(long, {});
    assert.equal(rows.length, 2);
    assert.deepEqual(
      bad.map(({ expected, came, lineNumber }) => [expected, came.length, lineNumber]),
      [['a line of less than 1 MiB', 200, headerLength + 2]],
    );
  });
});

describe('a file that is no log', () => {
  it('is refused', async () => {
    for (const bytes of ['', 'hello\n', '\0\x01\x02\x03', Buffer.alloc(3 << 20, 0x41)]) {
      await assert.rejects(readBytes(bytes), {
        code: 'PR_LOG_UNKNOWN',
        message: "'a.log' is no log of Port Reporter.",
      });
    }
  });
});

it('templates that restart are those of the batch that says so', () => {
  const columns = new GrowingColumns(1);
  const batch = (Change: string): Batch => {
    columns.add(0, noEnds, 1, 0);
    return { restart: true, templates: [{ Change }], records: columns.take() };
  };
  assert.deepEqual(
    rowsOf([batch('a'), batch('b')]).map(({ Change }) => Change),
    ['a', 'b'],
  );
});

it('records that are years apart are all read', async () => {
  const changes = fc.sample(anyChange, { seed: 6, numRuns: 4 });
  const { rows } = await readBytes(portsLog(changes), {});
  assert.deepEqual(
    rows.map(({ Time }) => Time),
    changes.map(({ time }) => toIso(time)),
  );
});

it('columns take what is near the first of them in time and lines, and no more', () => {
  const columns = new GrowingColumns(10);
  const add = (time: number, line: number) => columns.add(time, noEnds, line, 0);
  const first = Date.UTC(2026, 6, 6);
  const farthest = 2 ** 31 / 1000;
  assert.ok(add(first, 10));
  assert.ok(add(first - farthest, 10 + 65_535));
  assert.ok(!add(first - farthest - 0.001, 11));
  assert.ok(!add(first + farthest, 11));
  assert.ok(!add(first, 10 + 65_536));
  assert.ok(add(first + farthest - 0.001, 11));
  const { Time, TimeBase, LineNumber, LineBase } = columns.take();
  const times = [first, first - farthest, first + farthest - 0.001];
  assert.deepEqual(
    [...Time].map((each) => (TimeBase + each) / 1000),
    times,
  );
  assert.deepEqual(
    [...LineNumber].map((each) => LineBase + each),
    [10, 65_545, 11],
  );
  assert.ok(add(first, 10 + 65_536));
});

it('what lies outside of the time that is asked for gives neither addresses nor templates', async () => {
  const changes = fc.sample(anyChange, { seed: 6, numRuns: 20 });
  const log = Buffer.from(portsLog(changes));
  const chunks = async function* () {
    yield log;
  };
  const after = Math.max(...changes.map(({ time }) => time)) - 1; // the log has microseconds
  const batches: RecordBatch[] = [];
  for await (const part of readLog({ file: 'a.log', chunks }, { ...everything, after })) {
    batches.push(...part.records);
  }
  const [{ templates = [], addresses = '', records } = assert.fail()] = batches;
  assert.deepEqual([batches.length, templates.length], [1, records.Template.length]);
  assert.ok(templates.length < changes.length / 2);
  assert.ok(addresses.split('\n').length <= 2 * templates.length);
});

it('more addresses than have numbers at a time are all read', async () => {
  const addressOf = (number: number): string => {
    const [high, low] = [number >> 8, number & 255];
    if (number % 3 === 0) return `2001:db8::${number.toString(16)}`;
    return `203.${number % 5}.${high}.${low}`;
  };
  const remotes = Array.from({ length: 40_000 }, (_, number) => addressOf(number % 30_000));
  const lines = remotes.map(
    (remote) => `05/7/6,13:52:2,TCP,3389,192.0.2.1,1486,${remote},4,a,<b>\n`,
  );
  const { rows, bad } = await readBytes(lines.join(''), { ...utc, batchSize: 300 });
  assert.deepEqual(bad, []);
  assert.deepEqual(
    rows.map(({ RemoteAddress }) => RemoteAddress),
    remotes,
  );
  assert.ok(rows.every(({ LocalAddress }) => LocalAddress === '192.0.2.1'));
});

it('what is no address is refused, also where it looks like one that was read', async () => {
  const wrong = ['192.0.2.01', '192.0.2.256', '192.0.2', '192.0.2.1.', '.192.0.2.1', '192.0.2.1.1'];
  const more = ['192.0..1', '3221225985', '0xc0000201', '::192.0.2.01', '192.0.2.1 ', '', '1:2'];
  for (const address of [...wrong, ...more]) {
    const line = (remote: string) => `05/7/6,13:52:2,TCP,3389,192.0.2.1,1486,${remote},4,a,<b>\n`;
    const { rows, bad } = await readBytes(line('192.0.2.1') + line(address), utc);
    assert.equal(rows.length, 1, address);
    assert.deepEqual(
      bad.map(({ expected }) => expected),
      ['remote IP address: an IPv4 or IPv6 address'],
      address,
    );
  }
});

it('a log of which only the beginning is asked for is closed', async () => {
  let isClosed = false;
  const source = {
    file: 'a.log',
    async *chunks() {
      try {
        yield Buffer.from(portsLog([]));
        yield Buffer.from('# not asked for\n');
      } finally {
        isClosed = true;
      }
    },
  };
  for await (const { kind } of readLog(source, everything)) {
    assert.equal(kind, null);
    break;
  }
  assert.ok(isClosed);
});
