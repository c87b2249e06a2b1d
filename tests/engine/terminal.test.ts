// The engine host at a terminal: colour, width, progress bars, and Ctrl+C.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noTerminal, type Options, Terminal } from './run-engine.ts';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

async function show(text: string, options?: Options & { columns?: number }): Promise<string> {
  const terminal = new Terminal(['-NoProfile', '-Command', text], options);
  await terminal.end();
  return terminal.shown;
}

const cmdlet = (body: string): string =>
  `function Test-Host { [CmdletBinding(SupportsShouldProcess)] param() ${body} };`;

describe('at a terminal', { skip: noTerminal }, () => {
  test('errors and warnings are coloured, and not with NO_COLOR', async () => {
    const text = `${cmdlet("$PSCmdlet.WriteWarning('careful')")} Test-Host; Get-Nothing`;
    const coloured = await show(text);
    assert.ok(coloured.includes('\u001b[33;1mWARNING: careful\u001b[0m'), coloured);
    assert.ok(coloured.includes('\u001b[31;1mGet-Nothing: '), coloured);
    const plain = await show(text, { environment: { NO_COLOR: '1' } });
    assert.match(plain, /WARNING: careful\n/);
    assert.ok(!plain.includes('\u001b[3'), plain);
  });

  test("a table fits the terminal's width", async () => {
    const shown = await show('[pscustomobject]@{ Name = "a"; Long = "x" * 300 }', { columns: 64 });
    const row = shown.split('\n').find((line) => line.includes('xxx'));
    assert.ok(row && row.length >= 63 && row.length <= 64, row);
  });

  test('a progress bar is drawn, and gone before the next line and at the end', async () => {
    const type = '[System.Management.Automation.ProgressRecord]';
    const body = `$record = ${type}::new(1, 'Copying', 'a file')
      $record.PercentComplete = 50; $PSCmdlet.WriteProgress($record); 'line'
      $PSCmdlet.WriteProgress($record)`;
    const shown = await show(`${cmdlet(body)} Test-Host`);
    const bar = 'Copying [oooooooooo          ] a file\r';
    assert.ok(shown.endsWith(`${bar}\r\u001b[Jline\n${bar}\r\u001b[J`), JSON.stringify(shown));
  });

  test('Ctrl+C ends a -Command with exit code 1', async () => {
    const terminal = new Terminal(['-Command', "'started'; while ($true) {}; 'after'"]);
    await terminal.waitFor('started');
    terminal.type(ctrlC);
    assert.equal(await terminal.end(), 1);
    assert.doesNotMatch(terminal.shown, /after/);
  });
});

describe('the interactive prompt', { skip: noTerminal }, () => {
  test('Ctrl+C stops the running command, and the next one runs', async () => {
    const terminal = new Terminal(['-NoProfile']);
    await terminal.waitFor('PS ');
    terminal.type("'started'.ToUpper(); while ($true) {}; 'after'.ToUpper()\r");
    await terminal.waitFor('STARTED');
    terminal.type(ctrlC + ctrlC + ctrlC);
    await terminal.waitFor('PS ');
    terminal.type('40 + 2\r');
    await terminal.waitFor('42');
    terminal.type('exit 5\r');
    assert.equal(await terminal.end(), 5);
    assert.doesNotMatch(terminal.shown, /AFTER/);
  });

  test('Ctrl+C also ends a question, and drops what was typed', async () => {
    const terminal = new Terminal(['-NoProfile']);
    await terminal.waitFor('PS ');
    terminal.type(`${cmdlet('if ($PSCmdlet.ShouldProcess(1)) { "done".ToUpper() }')}\r`);
    await terminal.waitFor('PS ');
    terminal.type('Test-Host -Confirm\r');
    await terminal.waitFor('default is "Y"): ');
    terminal.type(ctrlC);
    await terminal.waitFor('PS ');
    terminal.type(`exit 9${ctrlC}`);
    await terminal.waitFor('PS ');
    terminal.type('Test-Host -Confirm\r');
    await terminal.waitFor('default is "Y"): ');
    terminal.type('y\r');
    await terminal.waitFor('DONE');
    await terminal.waitFor('PS ');
    terminal.type(ctrlD);
    assert.equal(await terminal.end(), 0);
  });

  test('a line is corrected with backspace, and continued when it is not complete', async () => {
    const terminal = new Terminal(['-NoProfile']);
    await terminal.waitFor('PS ');
    terminal.type('(3\u007f4 +\r');
    await terminal.waitFor('>> ');
    terminal.type('5)\r');
    await terminal.waitFor('\r\n9\r\n');
    terminal.type('exit\r');
    assert.equal(await terminal.end(), 0);
  });
});
