import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeText } from '../../../native/linux/text.ts';
import { Random } from '../support/random.ts';

const decode = (...bytes: readonly (number | string)[]): string =>
  decodeText(
    Buffer.concat(bytes.map((each) => Buffer.from(typeof each === 'string' ? each : [each]))),
  );

describe('bytes as text', () => {
  const cases: readonly (readonly [string, string])[] = [
    [decode('nginx'), 'nginx'],
    [decode('Größe 😀'), 'Größe 😀'],
    [decode(0xef, 0xbb, 0xbf, 'a'), '\ufeffa'], // a byte order mark is part of a name
    [decode('a', 0xff, 'b'), 'a\\xffb'],
    [decode(0x80, 0x0a), '\\x80\n'],
    [decode('ä', 0xc3), 'ä\\xc3'], // cut inside a character
    [decode(0xf0, 0x9f, 0x98, 'ü'), '\\xf0\\x9f\\x98ü'],
    [decode(0xc0, 0xaf), '\\xc0\\xaf'], // '/' in two bytes is not UTF-8
    [decode(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80'], // half of a surrogate pair neither
    [decode(0xf8, 0x88, 0x80, 0x80, 0x80), '\\xf8\\x88\\x80\\x80\\x80'],
    [decode(), ''],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(expected), () => assert.equal(text, expected));
  }

  it('keeps every byte: what is not text is shown as its number', () => {
    const random = new Random(7);
    for (let i = 0; i < 2000; i++) {
      const bytes = random.bytes(random.below(12));
      const back = decodeText(bytes).replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
        String.fromCharCode(0xe000 + Number.parseInt(hex, 16)),
      );
      const again = [...back].flatMap((each) => {
        const code = each.codePointAt(0) ?? 0;
        return code >= 0xe000 && code < 0xe100 ? [code - 0xe000] : [...Buffer.from(each)];
      });
      assert.deepEqual(again, [...bytes]);
    }
  });
});
