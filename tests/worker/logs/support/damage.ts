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
