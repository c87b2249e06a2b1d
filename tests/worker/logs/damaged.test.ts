// Whatever happened to a log: reading it ends, and gives what PowerShell can make objects of, or says
// which line it is that can't be understood.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PortReporterError } from '../../../ts-worker/src/model/error.ts';
import { processLine } from '../../../ts-worker/src/protocol/process-lines.ts';
import { damagedLog, damagedPack, editedLines } from './support/damage.ts';
import { type ReadResult, readBytes, utc } from './support/read.ts';
import { processLog } from './support/write.ts';

const runs = { numRuns: 500, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true };
const anyPiece = fc.constantFrom(7, 100, 5000);
const highestInt = 0x7fffffff;

/** Null where it is said to be no log. */
async function read(bytes: Buffer, piece: number): Promise<ReadResult | null> {
  try {
    return await readBytes(bytes, utc, piece);
  } catch (error) {
    if (error instanceof PortReporterError && error.code === 'PR_LOG_UNKNOWN') return null;
    throw error;
  }
}

/** Are all numbers and times such as the classes of PortReporter.psm1 hold? */
function assertHeld(value: unknown, name = ''): void {
  if (Array.isArray(value)) for (const each of value) assertHeld(each, name);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) assertHeld(each, key);
  } else if (typeof value === 'number') {
    assert.ok(Number.isFinite(value), name);
    const isInt = name !== 'Missed' && name !== 'Percent';
    if (isInt) assert.ok(Number.isInteger(value) && Math.abs(value) <= highestInt, name);
    assert.ok(Math.abs(value) <= Number.MAX_SAFE_INTEGER, name);
  } else if (name === 'Time' || name === 'ProcessStartTime') {
    if (value !== null) assert.match(String(value), /^(1[6-9]|[2-9]\d)\d\d-\d\d-\d\dT\S+\+00:00$/);
  }
}

/** Each line is told once: an object or an error, and where the error is. */
function assertLines({ kind, rows, bad }: ReadResult, lines: number): void {
  for (const { lineNumber, expected, came } of bad) {
    assert.ok(lineNumber >= 1 && lineNumber <= lines + 1, `line ${lineNumber} of ${lines}`);
    assert.ok(expected !== '' && came.length <= 200, expected);
  }
  if (kind !== 'PR-PORTS') return;
  const told = [...rows.map(({ LineNumber }) => LineNumber), ...bad.map((each) => each.lineNumber)];
  assert.equal(new Set(told).size, told.length, 'a line is told twice');
}

const assertResult = (result: ReadResult): void => {
  assertHeld(result.rows);
  for (const each of result.processes) assertHeld(processLine([each]));
};

describe('a damaged log', () => {
  it('gives objects and errors, in pieces of any size the same', async () => {
    const property = fc.asyncProperty(damagedLog, anyPiece, async (bytes, piece) => {
      const result = await read(bytes, piece);
      assert.deepEqual(await read(bytes, 65_536), result);
      if (result === null) return;
      assertResult(result);
      assertLines(result, bytes.toString('latin1').split('\n').length);
    });
    await fc.assert(property, runs);
  });

  it('has no line that is read otherwise among others than alone and in full', async () => {
    const property = fc.asyncProperty(editedLines, async ({ begin, otherBegin, lines }) => {
      const readLines = (...some: readonly string[]) =>
        readBytes(Buffer.from([...some, ''].join('\n'), 'latin1'));
      const whole = await readLines(begin, ...lines);
      // With its columns elsewhere nothing is known of a line before it is read.
      const alone = await Promise.all(lines.map((line) => readLines(otherBegin, `0,${line}`)));
      const rows = ({ rows }: ReadResult) =>
        rows.slice(1).map((row) => ({ ...row, LineNumber: 0 }));
      assert.deepEqual(rows(whole), alone.flatMap(rows));
      const bad = ({ bad }: ReadResult) => bad.length;
      assert.equal(
        bad(whole),
        alone.reduce((sum, each) => sum + bad(each), 0),
      );
    });
    await fc.assert(property, runs);
  });

  it('that is packed gives what can be unpacked', async () => {
    const property = fc.asyncProperty(damagedPack, anyPiece, async (bytes, piece) => {
      const result = await read(bytes, piece);
      if (result !== null) assertResult(result);
    });
    await fc.assert(property, runs);
  });

  it('of anything else is none', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const result = await read(Buffer.from(bytes), 100);
      if (result !== null) assertResult(result);
    });
    await fc.assert(property, runs);
  });
});

describe('a log that is made to harm', () => {
  const record = (pid: string, local: string, time = '05/7/6,13:52:1') =>
    `${time},TCP,80,${local},*,*,${pid},a,<b>\n`;

  it('has numbers and times that no [int] and no [datetime] holds', async () => {
    const lines = [
      record('2147483648', '10.0.0.1'),
      record('1', '10.0.0.1', '1600/7/6,13:52:1'),
      `# 2026-07-06T00:00:00.000000Z Gap ${'9'.repeat(30)} a\n`,
      `# 0000-07-06T00:00:00.000000Z Gap 1 a\n`,
      record('1', `fe80::1%${'x'.repeat(200)}`),
    ];
    const { rows, bad } = await readBytes(record('1', '10.0.0.1') + lines.join(''));
    assert.equal(rows.length, 1);
    assert.deepEqual(
      bad.map(({ lineNumber, expected }) => [lineNumber, expected.slice(0, 12)]),
      [
        [2, 'PID: a numbe'],
        [3, 'date, time: '],
        [4, '# time kind '],
        [5, '# time kind '],
        [6, 'local IP add'],
      ],
    );
  });

  it('has more addresses in bad lines than have numbers at a time', async () => {
    const addresses = Array.from({ length: 50_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
    const text = addresses.map((address) => record('x', address)).join('');
    const { rows, bad } = await readBytes(`${text}${record('1', '10.0.0.1')}`);
    assert.deepEqual([rows.length, bad.length], [1, 50_000]);
  });

  it('has long runs of blanks where a pattern would try each of them', {
    timeout: 20_000,
  }, async () => {
    const blanks = ' '.repeat(500_000);
    const begin = ['Process ID: 7 (a)', `User context: a${blanks}b`];
    const text = processLog([
      'Date and time: 26/7/6,13:52:1',
      ...begin,
      'Loaded modules:',
      `a${blanks}x`,
      '',
    ]);
    const { processes } = await readBytes(
      text.replace('Version 2.0', 'Version 1.01'),
      utc,
      1 << 20,
    );
    assert.equal(processes.length, 1);
  });
});
