// Logs of all kinds, and what may happen to them before somebody reads them: disks that were full,
// editors, tools that change an encoding, and whoever wants to harm the reader.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { initialHeader, statusHeader } from '../../../../ts-worker/src/logs/format/header.ts';
import {
  initialBlock,
  initialEnd,
  initialTable,
} from '../../../../ts-worker/src/logs/format/initial-body.ts';
import { entryTitle, processEntry } from '../../../../ts-worker/src/logs/format/process-entry.ts';
import { statusLine } from '../../../../ts-worker/src/logs/format/status-line.ts';
import { countPorts } from '../../../../ts-worker/src/model/statistics.ts';
import { readSample } from '../../support/repository.ts';
import { anyAttribution, anyChange, anyEndpoint, anyProcess } from './arbitraries.ts';
import { portsLog, processLog, setFacts } from './write.ts';

const rows = fc.sample(fc.record({ endpoint: anyEndpoint, attribution: anyAttribution }), {
  numRuns: 12,
  seed: 11,
});
const processes = fc
  .sample(anyProcess, { numRuns: 4, seed: 12 })
  .map((owner, index) => ({ owner, endpoints: rows.slice(index * 3, index * 3 + 3) }));
const changes = fc.sample(anyChange, { numRuns: 12, seed: 13 });
const modules = { kind: 'Listed', modules: ['/bin/a', '', 'b c', '=1'] } as const;

const entries = processes.flatMap(({ owner, endpoints }) => {
  const statistics = countPorts(endpoints.map(({ endpoint }) => endpoint));
  const lines = processEntry({ owner, endpoints, statistics, modules });
  return [entryTitle('26/7/6,13:52:1'), ...lines];
});
const initial = [
  ...initialHeader(setFacts(120)),
  ...[...initialTable(processes)].flat(),
  ...processes.flatMap((each) => initialBlock(each, modules)),
  ...[...initialEnd, ''],
].join('\n');
const beat = { time: Date.UTC(2026, 6, 6), kind: 'Heartbeat', count: 3, reason: 'a' } as const;
const status = [...statusHeader(setFacts(120)), statusLine(beat), ''].join('\n');

const wholeLogs: readonly string[] = [
  portsLog(changes),
  portsLog(changes, 0, 'Legacy'),
  processLog(entries),
  initial,
  status,
  readSample('logs/PR-PORTS-05-07-6-13-44-4.txt').toString(),
  readSample('logs/PR-INITIAL-05-07-6-13-44-4.txt').toString(),
];

/** What a hand, or a tool, may write in the place of a field. */
const anyToken = fc.oneof(
  fc.constantFrom('', '0', '-1', '65536', '2147483648', '9999999999', '1e9', '1'.repeat(400), '*'),
  fc.constantFrom(
    '0000-01-01T00:00:00.000000Z',
    '9999-12-31T23:59:59.999999Z',
    '0/0/0',
    '9999/12/31',
  ),
  fc.constantFrom(
    '%ED%A0%80',
    '%FF',
    '<>',
    'TCP',
    'UDP 1 a',
    '::1%lo',
    '1.2.3',
    'NaN',
    ' '.repeat(3000),
  ),
  fc.constantFrom(
    'Process ID: 99999999999 (a)',
    '# x',
    'Log format:',
    '==========',
    'a,'.repeat(300),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

type Damage = (text: string) => string;

/** Where, as a part of the whole. */
const anyPlace = fc.nat(10_000).map((part) => part / 10_000);
const at = (text: string, place: number): number => Math.floor(text.length * place);

const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  anyPlace.map(
    (place): Damage =>
      (text) =>
        text.slice(0, at(text, place)),
  ),
  fc.tuple(anyPlace, fc.nat(300)).map(
    ([place, length]): Damage =>
      (text) =>
        text.slice(0, at(text, place)) + text.slice(at(text, place) + length),
  ),
  fc.tuple(anyPlace, anyToken).map(
    ([place, token]): Damage =>
      (text) =>
        text.slice(0, at(text, place)) + token + text.slice(at(text, place)),
  ),
  fc.tuple(fc.nat(10_000), anyToken).map(([number, token]): Damage => {
    return (text) => {
      const fields = text.split(/([,\n\t :])/);
      fields[(number * 2) % fields.length] = token;
      return fields.join('');
    };
  }),
  fc.tuple(anyPlace, fc.constantFrom(...wholeLogs)).map(
    ([place, other]): Damage =>
      (text) =>
        text.slice(0, at(text, place)) + other.slice(at(other, place / 2)),
  ),
  fc.constantFrom<Damage>(
    (text) => text.replaceAll('\n', '\r\n'),
    (text) => text.replaceAll('\n', '\r'),
    (text) => text.replaceAll('\t', ' '),
    (text) => text + text,
  ),
);

const damagedText: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...wholeLogs), fc.array(anyDamage, { maxLength: 4 }))
  .map(([text, damages]) => damages.reduce((before, damage) => damage(before), text));

/** Encodings, right ones and others. */
const encodings: readonly ((text: string) => Buffer)[] = [
  (text) => Buffer.from(text),
  (text) => Buffer.from(text),
  (text) => Buffer.from(text, 'latin1'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').subarray(0, -1),
];

const flipped = (bytes: Buffer, place: number): Buffer => {
  const copy = Buffer.from(bytes);
  const index = Math.floor(copy.length * place);
  copy[index] = (copy[index] ?? 0) ^ 0x55;
  return copy;
};

export const damagedLog: fc.Arbitrary<Buffer> = fc
  .tuple(damagedText, fc.constantFrom(...encodings))
  .map(([text, encode]) => encode(text));

export const damagedPack: fc.Arbitrary<Buffer> = fc
  .tuple(damagedLog, anyPlace, fc.constantFrom('Flipped', 'Cut', 'Whole'))
  .map(([log, place, how]) => {
    const pack = gzipSync(log);
    if (how === 'Whole') return pack;
    return how === 'Cut' ? pack.subarray(0, pack.length * place) : flipped(pack, place);
  });

/** What separates, begins or ends something, or makes it another, mostly. */
const anyByte = fc.constantFrom(...',*.:-09<ZT \r\xff', '');

/** Puts a byte, or none, in the place of one or before it: of those at the beginning more often. */
const anyEdit: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(anyPlace, anyByte, fc.nat(1)).map(
    ([place, byte, left]): Damage =>
      (line) => {
        const index = at(line, place ** 3);
        return line.slice(0, index) + byte + line.slice(index + left);
      },
  ),
  fc.constantFrom<Damage>(
    (line) => line,
    (line) => line.replace('TCP', 'UDP'),
    (line) => line.replace(/^((?:[^,]*,){5})[^,]*,[^,]*/, '$1*,*'),
    (line) => line.replace(/^((?:[^,]*,){5})[^,]*,[^,]*/, '$1*,x'),
    (line) => line.replace(/^((?:[^,]*,){3})[^,]*/, '$199999'),
  ),
);

export interface EditedLines {
  /** How a log begins that may have them: with one record of another kind, since what is no record
   * would belong to the header. */
  readonly begin: string;
  /** The same with one more column, which stands first. */
  readonly otherBegin: string;
  /** A few lines again and again, some of them edited. All begin with a digit. */
  readonly lines: readonly string[];
}

export const editedLines: fc.Arbitrary<EditedLines> = fc
  .tuple(
    fc.constantFrom('Extended' as const, 'Legacy' as const),
    fc.array(fc.tuple(fc.nat(2), fc.array(anyEdit, { maxLength: 2 })), { maxLength: 40 }),
  )
  .map(([format, picks]) => {
    const lines = portsLog(changes.slice(0, 3), 0, format).split('\n').slice(-4, -1);
    const begin = portsLog(changes.slice(3, 4), 0, format).trimEnd();
    return {
      begin,
      otherBegin: begin.replace('\ndate,', '\nother,date,').replace(/\n(?=.*$)/, '\n0,'),
      lines: picks.map(([number, edits]) => {
        const line = lines[number] ?? '';
        const edited = edits.reduce((before, edit) => edit(before), line);
        return /^\d/.test(edited) ? edited : line;
      }),
    };
  });
