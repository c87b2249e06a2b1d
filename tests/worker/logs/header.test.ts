import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  fileName,
  fileStamp,
  parseFileName,
} from '../../../ts-worker/src/logs/format/file-name.ts';
import {
  initialHeader,
  portsHeader,
  processHeader,
  type SetFacts,
  statusHeader,
} from '../../../ts-worker/src/logs/format/header.ts';
import {
  HeaderReader,
  isEscaped,
  type LogHeader,
  noHeader,
} from '../../../ts-worker/src/logs/format/header-reader.ts';
import { portColumns } from '../../../ts-worker/src/logs/format/port-columns.ts';
import {
  parseStatusLine,
  statusKinds,
  statusLine,
} from '../../../ts-worker/src/logs/format/status-line.ts';
import {
  formatOffset,
  momentOf,
  parseOffset,
  parseRecordStamp,
  parseSystemDate,
  recordStamp,
  systemDate,
  wallTime,
} from '../../../ts-worker/src/logs/format/wall-time.ts';
import { readSample } from '../support/repository.ts';
import { anyMoment, anyText } from './support/arbitraries.ts';

const genuine = { year: 2005, month: 7, day: 6, hour: 13, minute: 44, second: 4 };
const plain = { noNullPrototype: true };
const anyOffset = fc.integer({ min: -14 * 60, max: 14 * 60 });

describe('names of log files', () => {
  it('are those of the genuine one that is known', () => {
    assert.equal(fileName('PR-PIDS', fileStamp(genuine)), 'PR-PIDS-05-07-6-13-44-4.log');
  });

  it('are read with one or two digits in every part, in any case, compressed or not', () => {
    for (const name of ['PR-PORTS-05-07-06-13-44-04.log', 'pr-ports-5-7-6-13-44-4.LOG.gz']) {
      const isCompressed = name.endsWith('gz');
      assert.deepEqual(parseFileName(name), { kind: 'PR-PORTS', begun: genuine, isCompressed });
    }
  });

  it('that are none of ours are refused', () => {
    for (const name of [
      'PR-PORTS-05-07-06.log',
      'PR-OTHER-05-07-6-13-44-4.log',
      'PR-PORTS-05-13-6-13-44-4.log',
      'PR-PORTS-05-02-30-13-44-4.log',
      'PR-PORTS-05-07-6-24-44-4.log',
      'xPR-PORTS-05-07-6-13-44-4.log',
      'PR-PORTS-05-07-6-13-44-4.log.bak',
      'PR-PORTS-005-07-6-13-44-4.log',
    ]) {
      assert.equal(parseFileName(name), null, name);
    }
  });
});

describe('times', () => {
  it('are written as the genuine ones and read back', () => {
    assert.equal(recordStamp(genuine), '05/7/6,13:44:4');
    assert.equal(systemDate(genuine), 'Wed Jul 06 13:44:04 2005');
    fc.assert(
      fc.property(anyMoment, anyOffset, (moment, offset) => {
        const wall = wallTime(moment, offset);
        assert.equal(momentOf(wall, offset), Math.floor(moment / 1000) * 1000);
        assert.deepEqual(parseRecordStamp(recordStamp(wall)), wall);
        assert.deepEqual(parseSystemDate(systemDate(wall)), wall);
        const name = parseFileName(fileName('PR-PORTS', fileStamp(wall)));
        assert.deepEqual(name?.begun, wall);
      }),
    );
  });

  it('have an offset in any usual spelling', () => {
    fc.assert(
      fc.property(anyOffset, (each) => assert.equal(parseOffset(formatOffset(each)), each)),
    );
    const read = ['Z', 'utc', 'UTC+2', '-0330', '+05:45', '+25:00', '2', 'Europe/Paris', ''];
    assert.deepEqual(read.map(parseOffset), [0, 0, 120, -210, 345, null, null, null, null]);
  });
});

const facts = (format: SetFacts['format'] = 'Extended'): SetFacts => ({
  begun: Date.UTC(2026, 6, 6, 11, 44, 4),
  offset: 120,
  format,
  machine: { computerName: 'TEST', operatingSystem: 'Debian GNU/Linux 12' },
  initialStamp: '26-07-6-9-0-0',
});

function read(lines: readonly string[]): LogHeader {
  const reader = new HeaderReader();
  for (const line of lines) assert.ok(reader.take(line), line);
  return reader.header;
}

const linesOf = (sample: string): string[] => readSample(sample).toString().split('\n');

describe('headers', () => {
  it('of PR-PORTS begin as the genuine one does', () => {
    assert.deepEqual(portsHeader(facts()), [
      'Port Reporter Version 2.0 Log File - Port usage log',
      '',
      'Check PR-PIDS-26-07-6-13-44-4.log for corresponding process data',
      '',
      'Continues PR-INITIAL-26-07-6-9-0-0.log',
      'UTC offset: +02:00',
      '',
      'Log format:',
      'date,time,protocol,local port,local IP address,remote port,remote IP address,PID,module,' +
        'user context,state,previous state,change,time (UTC),attribution,service,path,started,' +
        'namespace',
      '',
    ]);
    assert.equal(portsHeader(facts('Legacy'))[8], linesOf('logs/PR-PORTS-05-07-6-13-44-4.txt')[5]);
  });

  it('of PR-INITIAL and PR-PIDS begin as the genuine ones do', () => {
    const lines = initialHeader(facts());
    const known = linesOf('logs/PR-INITIAL-05-07-6-13-44-4.txt');
    const place = (from: readonly string[]) => from.indexOf('Local computer name:');
    assert.equal(place(lines), place(known));
    assert.deepEqual(lines.slice(1, 4), known.slice(1, 4));
    assert.equal(lines[4], 'System Date: Mon Jul 06 13:44:04 2026');
    assert.deepEqual(lines.slice(5, 11), known.slice(5, 11));
    assert.equal(processHeader(facts())[2], 'Process detail log');
  });

  it('are read back', () => {
    const ours = { version: '2.0', offset: 120, kind: 'PR-PORTS' } as const;
    assert.deepEqual(read(portsHeader(facts())), {
      ...noHeader,
      ...ours,
      columns: [...portColumns('Extended')].map((name) => name.toLowerCase()),
      processLog: 'PR-PIDS-26-07-6-13-44-4.log',
      initialLog: 'PR-INITIAL-26-07-6-9-0-0.log',
    });
    const status = read(statusHeader(facts()));
    assert.deepEqual(status, {
      ...noHeader,
      ...ours,
      kind: 'PR-STATUS',
      initialLog: status.initialLog,
    });
  });

  it('keep what a machine calls itself', () => {
    fc.assert(
      fc.property(anyText, anyText, (computerName, operatingSystem) => {
        const header = read(
          processHeader({ ...facts(), machine: { computerName, operatingSystem } }),
        );
        assert.deepEqual(header, {
          ...noHeader,
          kind: 'PR-PIDS',
          version: '2.0',
          offset: 120,
          systemDate: wallTime(facts().begun, 120),
          computerName,
          operatingSystem,
        });
      }),
    );
  });

  it('of genuine logs are read, names as they are', () => {
    const header = read(linesOf('logs/PR-PORTS-05-07-6-13-44-4.txt').slice(0, 7));
    assert.equal(header.kind, 'PR-PORTS');
    assert.equal(header.processLog, 'PR-PIDS-05-07-6-13-44-4.log');
    assert.equal(header.columns?.length, 10);
    assert.equal(header.offset, null);
    assert.equal(isEscaped(header), false);
    const initial = read(linesOf('logs/PR-INITIAL-05-07-6-13-44-4.txt').slice(0, 13));
    const { kind, systemDate: date, computerName, operatingSystem } = initial;
    assert.deepEqual([kind, computerName, operatingSystem], ['PR-INITIAL', 'TEST', 'Windows XP']);
    assert.deepEqual(date, genuine);
    assert.equal(
      read(['Port Reporter Version 1.01 Log File', '', 'Process detail log']).kind,
      'PR-PIDS',
    );
  });

  it('do not swallow what is no header', () => {
    const reader = new HeaderReader();
    assert.equal(reader.take('05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0'), false);
    assert.equal(reader.take('TCP/UDP Port to Process Mappings'), false);
  });
});

describe('status lines', () => {
  it('have one grammar', () => {
    const time = Date.UTC(2026, 6, 6, 11, 44, 4) + 0.001;
    const line = statusLine({ time, kind: 'Gap', count: 12, reason: 'the disk was full, long' });
    assert.equal(line, '# 2026-07-06T11:44:04.000001Z Gap 12 the disk was full%2C long');
    assert.match(statusLine({ time, kind: 'End', count: null, reason: '' }), /Z End - %$/);
  });

  it('are read back, and nothing else is', () => {
    const anyStatus = fc.record(
      {
        time: anyMoment,
        kind: fc.constantFrom(...statusKinds),
        count: fc.option(fc.nat(), { nil: null }),
        reason: anyText,
      },
      plain,
    );
    fc.assert(
      fc.property(anyStatus, (each) => assert.deepEqual(parseStatusLine(statusLine(each)), each)),
    );
    for (const line of ['#', '# now Gap 1 x', '# 2026-07-06T11:44:04.000001Z Gap x y', '#x']) {
      assert.equal(parseStatusLine(line), null, line);
    }
  });
});
