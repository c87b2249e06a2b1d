import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  escapeList,
  escapeText,
  escapeWord,
  unescapeList,
  unescapeText,
} from '../../../ts-worker/src/logs/format/escape.ts';
import { anyText } from './support/arbitraries.ts';

describe('the encoding of names', () => {
  it('leaves ordinary names as they are', () => {
    for (const name of [
      'svchost.exe',
      'C:\\Program Files (x86)\\é\\a.exe',
      'a=b',
      '日本',
      'a b',
      '[x]',
    ]) {
      assert.equal(escapeText(name), name);
    }
  });

  it('encodes what breaks a line, forges a record or runs as a formula', () => {
    const expected: readonly (readonly [text: string, escaped: string])[] = [
      ['a,b', 'a%2Cb'],
      ['"', '%22'],
      ['a\r\nb\tc\0', 'a%0D%0Ab%09c%00'],
      ['\x7f\x85\u2028\u2029', '%7F%C2%85%E2%80%A8%E2%80%A9'],
      ['<x>', '%3Cx%3E'],
      ['a%20b', 'a%2520b'],
      ['=1+1', '%3D1+1'],
      ['+1', '%2B1'],
      ['-1', '%2D1'],
      ['@SUM', '%40SUM'],
      ['\uff1d1', '%EF%BC%9D1'],
      ['x;=1', 'x%3B=1'],
      ['\ud800x\udfff', '%ED%A0%80x%ED%BF%BF'],
      ['😀', '😀'],
      ['', '%'],
    ];
    for (const [text, escaped] of expected) {
      assert.equal(escapeText(text), escaped);
      assert.equal(unescapeText(escaped), text);
    }
  });

  it('reads what another hand wrote, even a stray percent sign and bytes that are no UTF-8', () => {
    assert.equal(unescapeText('a%2cb'), 'a,b');
    assert.equal(unescapeText('100%'), '100%');
    assert.equal(unescapeText('%zz%4'), '%zz%4');
    assert.equal(unescapeText('a%FF%C3b%C3%A9'), 'a\\xff\\xc3bé');
  });

  it('gives every text back', () => {
    fc.assert(fc.property(anyText, (text) => assert.equal(unescapeText(escapeText(text)), text)));
    fc.assert(fc.property(anyText, (text) => assert.equal(unescapeText(escapeWord(text)), text)));
  });

  it('gives every list back, and tells none, empty and unknown apart', () => {
    const anyList = fc.option(fc.array(anyText, { maxLength: 4 }), { nil: null });
    fc.assert(
      fc.property(anyList, (list) => assert.deepEqual(unescapeList(escapeList(list)), list)),
    );
    assert.deepEqual([null, [], ['']].map(escapeList), ['', '-', '%']);
  });

  it('never leaves anything that ends a line, separates fields or begins a formula', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = escapeText(text);
        assert.doesNotMatch(escaped, /[\p{Cc}\p{Cs},";<>\u2028\u2029]|^[=+\-@]|^$/u);
        assert.doesNotMatch(escapeWord(text), /\s/u);
      }),
    );
  });
});
