import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnLine } from '../../../ts-worker/src/protocol/record-line.ts';

const lineOf = (part: object, columns: object): string =>
  Buffer.from(columnLine(part, 'records', columns)).toString();

test('Columns stand behind all else, as their bytes in base64', () => {
  const LocalPort = Uint16Array.of(1, 0, 258).subarray(1);
  const line = lineOf({ addresses: '::' }, { LocalPort, Template: new Int16Array() });
  const records = '{"LocalPort":"AAACAQ==","Template":""}';
  assert.equal(line, `{"addresses":"::","records":${records}}\n`);
});

test('A line may have columns alone', () => {
  assert.equal(lineOf({}, { Template: Int16Array.of(-1) }), '{"records":{"Template":"//8="}}\n');
});

test('Names of any characters come through beside columns', () => {
  const names = ['Zürich 東京 🦊', '}"\n\\', '\\ud800'];
  const line = lineOf({ names: [...names, 'half \ud800'] }, { Template: Int16Array.of(1) });
  assert.equal(line.indexOf('\n'), line.length - 1);
  assert.deepEqual(JSON.parse(line), {
    names: [...names, 'half \ufffd'],
    records: { Template: 'AQA=' },
  });
});
