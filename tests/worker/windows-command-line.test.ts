// Command lines of services: what is joined comes apart again as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  joinCommandLine,
  splitCommandLine,
} from '../../ts-worker/src/service/windows-command-line.ts';
import { imagePathOf } from '../../ts-worker/src/service/windows-registration.ts';

test('lines as CommandLineToArgvW documents them', () => {
  const cases: Record<string, string[]> = {
    '"abc" d e': ['abc', 'd', 'e'],
    'a\\\\b d"e f"g h': ['a\\\\b', 'de fg', 'h'],
    'a\\\\\\"b c d': ['a\\"b', 'c', 'd'],
    'a\\\\\\\\"b c" d e': ['a\\\\b c', 'd', 'e'],
    '  x   "" ': ['x', ''],
  };
  for (const [line, words] of Object.entries(cases)) {
    assert.deepEqual(splitCommandLine(line), words, line);
  }
});

test('a directory that ends with a backslash does not swallow the quote behind it', () => {
  assert.equal(joinCommandLine('C:\\a b\\n.exe', ['C:\\x y\\']), '"C:\\a b\\n.exe" "C:\\x y\\\\"');
});

test('whatever is joined comes apart again', () => {
  const characters = fc.constantFrom('a', 'ö', ' ', '\t', '"', '\\', 'ß');
  const word = fc.string({ unit: characters, maxLength: 12 });
  const property = fc.property(fc.array(word, { maxLength: 6 }), (args) => {
    const line = joinCommandLine('C:\\Program Files\\x.exe', args);
    assert.deepEqual(splitCommandLine(line), ['C:\\Program Files\\x.exe', ...args]);
  });
  fc.assert(property, { seed: 7, numRuns: 2000 });
});

test('the host of a release runs its Node, every path in quotes', () => {
  const node = 'C:\\Program Files\\PortReporter\\releases\\1\\node.exe';
  const line = imagePathOf([node, 'C:\\w.cjs', 'record', '--settings', 'C:\\a b\\settings.json']);
  assert.equal(
    line,
    '"C:\\Program Files\\PortReporter\\releases\\1\\portreporter-service.exe" ' +
      `"${node}" C:\\w.cjs record --settings "C:\\a b\\settings.json"`,
  );
});

test('a path with a variable in it is refused: the service manager would put its value there', () => {
  assert.throws(() => imagePathOf(['C:\\%TEMP%\\node.exe']), { code: 'PR_SETTINGS_INVALID' });
});
