import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { remembered } from '../../../ts-worker/src/model/filter/remembered.ts';
import { textTest } from '../../../ts-worker/src/model/filter/text.ts';

type Case = readonly [pattern: string, fitting: readonly string[], other: readonly string[]];

const cases: readonly Case[] = [
  ['systemd-resolved', ['systemd-resolved', 'SystemD-Resolved'], ['systemd', 'systemd_resolved']],
  ['ssh*', ['ssh', 'sshd', 'SSH-agent'], ['xsshd', '']],
  ['*d', ['sshd', 'd'], ['sshd2']],
  ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a']],
  ['ab*ab', ['abab', 'abxab', 'ababab'], ['ab', 'aba']],
  ['**', ['', 'x'], []],
  ['?', ['a', 'é', '😀', '\n'], ['', 'ab']],
  ['ngin?', ['nginx'], ['ngin', 'nginxx']],
  ['[a-c]x', ['ax', 'Bx', 'cx'], ['dx', '-x', 'x']],
  ['[abc]', ['a', 'c'], ['d', '[abc]']],
  ['[^a]', ['^', 'a'], ['b']],
  ['[!a]', ['!', 'a'], ['b']],
  ['[]x]', [']', 'x'], ['[']],
  ['[a`]b]', ['a', ']', 'b'], ['`', 'a]b]']],
  ['[a`-c]', ['a', '-', 'c'], ['b']],
  ['[\\d]', ['\\', 'd'], ['5']],
  ['`*', ['*'], ['', 'x']],
  ['`[x`]', ['[x]'], ['x']],
  ['``', ['`'], ['``']],
  ['a`', ['a`'], ['a']],
  ['a.b', ['a.b'], ['axb']],
  ['(x|y)+$^{2}/\\', ['(x|y)+$^{2}/\\'], ['x']],
  ['a\nb*', ['a\nb\nc'], ['a b']],
  ['ÄÖ', ['äö'], ['ao']],
];

describe('text filter', () => {
  for (const [pattern, fitting, other] of cases) {
    it(JSON.stringify(pattern), () => {
      const test = textTest('processName', [pattern]);
      for (const text of fitting) assert.ok(test(text), `fits ${JSON.stringify(text)}`);
      for (const text of other) assert.ok(!test(text), `does not fit ${JSON.stringify(text)}`);
    });
  }

  it('fits where any of several patterns fits', () => {
    const test = textTest('user', ['root', 'www-*']);
    assert.deepEqual(['root', 'www-data', 'www', 'sync'].map(test), [true, true, false, false]);
  });

  it('remembers its answers, but not for ever', () => {
    let asked = 0;
    const test = remembered((text) => {
      asked += 1;
      return text.endsWith('7');
    });
    for (let again = 0; again < 2; again++) {
      assert.deepEqual(['u7', 'u8'].map(test), [true, false]);
    }
    assert.equal(asked, 2);
    for (let i = 0; i < 10_100; i++) assert.equal(test(`u${i}`), i % 10 === 7);
    assert.deepEqual(['u7', 'u8'].map(test), [true, false]);
    assert.equal(asked, 10_102); // the first answers were forgotten
  });

  it('takes no time for a pattern of many stars on a long text that nearly fits', () => {
    const test = textTest('processName', [`${'*a'.repeat(20)}*b`]);
    const start = performance.now();
    assert.equal(test('a'.repeat(4000)), false);
    assert.ok(performance.now() - start < 10_000);
  });

  it('refuses a set that is not closed, and says how to mean the bracket itself', () => {
    assert.throws(() => textTest('processName', ['a[bc']), {
      code: 'PR_FILTER_INVALID',
      message:
        "'a[bc' is not a value that -ProcessName understands; it accepts text with the wildcards " +
        "* ? [a-z], each '[' closed.",
      target: 'a[bc',
      hint: "Write `[ (with a backtick) for a '[' that is part of the name.",
    });
  });

  it('refuses a range that runs backwards', () => {
    assert.throws(() => textTest('user', ['ok', '[z-a]']), {
      code: 'PR_FILTER_INVALID',
      message:
        "'[z-a]' is not a value that -User understands; it accepts text with the wildcards " +
        "* ? [a-z], each '[' closed.",
      hint: null,
    });
  });
});
