// The runner of cmdlet tests seen from outside: its own tests would not notice if it counted
// failures as passes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { notBuilt, type Result, runEngine } from './run-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'runner-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function runTests(text: string): Result {
  const file = join(folder, 'Sample.Tests.ps1');
  writeFileSync(file, text);
  const entry = join(process.cwd(), 'tests', 'cmdlets', 'runner', 'Invoke-CmdletTest.ps1');
  return runEngine(['-NoProfile', '-File', entry, file, '-NoPester']);
}

describe('the runner', { skip: notBuilt }, () => {
  test('says which test failed, where, and what was expected and got', () => {
    const { code, output } = runTests(`
      Describe 'ports' {
        It 'are few' { 3 | Should -BeLessThan 5 }
        It 'are two' { 3 | Should -Be 2 -Because 'we opened two' }
        It 'need Utility' -Tag NeedsUtility { 1 | ConvertTo-Json }
      }`);
    assert.equal(code, 1);
    assert.match(output, /^ {2}ok {4}ports > are few \(\d+ ms\)$/m);
    assert.match(output, /^ {2}FAIL {2}ports > are two\n.*Sample\.Tests\.ps1:4\n/m);
    assert.match(output, /Expected the value to be 2, because we opened two, but got 3\./);
    assert.match(output, /^ {2}skip {2}ports > need Utility$/m);
    assert.match(output, /\n1 passed, 1 failed, 1 skipped\n$/);
  });

  test('ends with 0 only if tests ran and none failed', () => {
    assert.equal(runTests("Describe 'ports' { It 'one' { 1 | Should -Be 1 } }").code, 0);
    const none = runTests("Describe 'ports' { It 'one' -Skip { } }");
    assert.deepEqual([none.code, none.error], [1, 'No test ran.\n']);
  });

  test('fails a test that a break would end, and runs the others', () => {
    const { output } = runTests("Describe 'ports' { It 'one' { break }; It 'two' { } }");
    assert.match(output, /\n1 passed, 1 failed, 0 skipped\n$/);
    assert.match(output, /A break or continue outside a loop ended the code\./);
  });

  test('a file that is not there is said in one line', () => {
    const entry = join('tests', 'cmdlets', 'runner', 'Invoke-CmdletTest.ps1');
    const { code, error } = runEngine(['-File', entry, 'nothing.Tests.ps1']);
    assert.equal(code, 1);
    assert.equal(error, "There is no test file or folder 'nothing.Tests.ps1'.\n");
  });
});
