// The engine host with redirected streams: what it prints where, how it ends, what it asks.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { notBuilt, runCommand, runEngine } from './run-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

// An advanced function, since the host has no Write-* cmdlets.
const cmdlet = (body: string, attribute = 'CmdletBinding()'): string =>
  `function Test-Host { [${attribute}] param() ${body} };`;

const failing = (method: string): string =>
  cmdlet(
    `$record = [System.Management.Automation.ErrorRecord]::new(` +
      `[Exception]::new('it is broken'), 'PR_BROKEN', 'NotSpecified', $null); ` +
      `$PSCmdlet.${method}($record)`,
  );

const asking = `${cmdlet(
  `foreach ($name in 'one', 'two') {
    if ($PSCmdlet.ShouldProcess($name, 'remove')) { "$name gone" }
  }`,
  'CmdletBinding(SupportsShouldProcess)',
)} Test-Host -Confirm`;

describe('exit codes, as pwsh -Command has them', { skip: notBuilt }, () => {
  const codes: readonly (readonly [string, number])[] = [
    ['1', 0],
    ['exit 7', 7],
    ['throw "x"', 1],
    ['1/0', 1],
    ['1/0; 1', 0],
    ['node -e "process.exit(4)"', 1],
    ['node -e "process.exit(4)"; exit $LASTEXITCODE', 4],
    ['Get-Nothing', 1],
    ['if (', 1],
  ];
  for (const [text, code] of codes) {
    test(`${text} gives ${code}`, () => assert.equal(runCommand(text).code, code));
  }
});

describe('streams', { skip: notBuilt }, () => {
  test('results and null print as in pwsh', () => {
    assert.equal(runCommand('"x"; 5; $null; 1, 2').output, 'x\n5\n1\n2\n');
  });

  test('warnings, verbose and debug text go to standard output with their prefix', () => {
    const body = ['Warning', 'Verbose', 'Debug'].map((s) => `$PSCmdlet.Write${s}("a ${s}")`);
    const { output, error } = runCommand(`${cmdlet(body.join('; '))} Test-Host -Verbose -Debug`, {
      input: 'a\na\na\n',
    });
    assert.match(output, /^WARNING: a Warning$/m);
    assert.match(output, /VERBOSE: a Verbose$/m);
    assert.match(output, /DEBUG: a Debug$/m);
    assert.equal(error, '');
  });

  for (const method of ['WriteError', 'ThrowTerminatingError']) {
    test(`${method} is one line on standard error and keeps its ErrorId`, () => {
      const text = `${failing(method)} Test-Host; $Error.Count; $Error[0].FullyQualifiedErrorId`;
      const { output, error } = runCommand(text);
      assert.equal(error, 'Test-Host: it is broken\n');
      assert.equal(output, '1\nPR_BROKEN,Test-Host\n');
    });
  }

  test('an uncaught error goes to standard error', () => {
    const { output, error } = runCommand('throw "broken"');
    assert.deepEqual([output, error], ['', 'Exception: broken\n']);
  });

  test('text cut short says what is missing', () => {
    assert.match(runCommand('if (').error, /^ParserError: .*if/);
  });

  test('a table fits 120 columns', () => {
    const { output } = runCommand('[pscustomobject]@{ Name = "a"; Long = "x" * 300 }');
    const longest = Math.max(...output.split('\n').map((line) => line.length));
    assert.ok(longest >= 119 && longest <= 120, String(longest));
    assert.match(output, /x…$/m);
  });

  test('escape sequences are taken out, unless $PSStyle asks for them', () => {
    const red = '"`e[31mred`e[0m"';
    assert.equal(runCommand(red).output, 'red\n');
    const kept = runCommand(`$PSStyle.OutputRendering = 'Ansi'; ${red}`).output;
    assert.equal(kept, '\u001b[31mred\u001b[0m\n');
  });

  test('progress is not shown', () => {
    const body = `$PSCmdlet.WriteProgress(
      [System.Management.Automation.ProgressRecord]::new(1, 'Working', 'on it')); 'done'`;
    const { output, error } = runCommand(`${cmdlet(body)} Test-Host`);
    assert.deepEqual([output, error], ['done\n', '']);
  });

  test('text beyond ASCII passes both ways', () => {
    const { output } = runCommand('$Host.UI.ReadLine() + "→ß"', { input: 'é日本\n' });
    assert.equal(output, 'é日本\né日本→ß\n');
  });
});

describe('prompts', { skip: notBuilt }, () => {
  test('-Confirm is answered from standard input, in any case or by the whole word', () => {
    assert.match(runCommand(asking, { input: 'y\nNo\n' }).output, /one gone\n(?!.*two gone)/s);
    assert.match(runCommand(asking, { input: 'A\n' }).output, /one gone\ntwo gone\n$/);
    assert.doesNotMatch(runCommand(asking, { input: 'l\n' }).output, /gone/);
  });

  test('the question names the choices, ? explains them, an empty answer takes the default', () => {
    const { output } = runCommand(asking, { input: '?\n\nn\n' });
    assert.match(output, /Performing the operation "remove" on target "one"\.\n/);
    assert.match(output, /\[Y\] Yes {2}\[A\] Yes to All .*\(default is "Y"\): /);
    assert.match(output, /^Y - Continue with only the next step of the operation\.$/m);
    assert.match(output, /one gone/);
  });

  test('at the end of standard input a prompt is an error', () => {
    const { output, error } = runCommand(`$ErrorActionPreference = 'Stop'; ${asking}; 'after'`);
    assert.match(error, /standard input has ended/);
    assert.doesNotMatch(output, /gone|after/);
  });

  test('-NonInteractive makes a prompt an error', () => {
    const { error } = runEngine(['-NonInteractive', '-Command', asking], { input: 'y\ny\n' });
    assert.match(error, /NonInteractive mode/);
  });

  test('a mandatory parameter left out is asked for', () => {
    const text = 'function Test-It { param([Parameter(Mandatory)] [int[]] $Port) $Port.Count }';
    const { output } = runCommand(`${text}; Test-It`, { input: '80\n443\n\n' });
    assert.match(output, /Port\[0\]: 80\nPort\[1\]: 443\nPort\[2\]: \n2\n$/);
  });

  test('an answer that does not fit its type is asked for again', () => {
    const text = 'function Test-It { param([Parameter(Mandatory)] [int] $Port) $Port }; Test-It';
    const { output, error } = runCommand(text, { input: 'http\n80\n' });
    assert.match(output, /Port: http\nPort: 80\n80\n$/);
    assert.match(error, /Cannot convert value "http"/);
  });
});

describe('-File', { skip: notBuilt }, () => {
  const path = script(
    'arguments.ps1',
    `param($Name, [switch] $Loud, [int] $Count, [Parameter(ValueFromRemainingArguments)] $Rest)
     "$Name|$Loud|$Count|$($Rest -join ',')|$([IO.Path]::GetFileName($PSCommandPath))"`,
  );

  test('gives the script its arguments as they were typed', () => {
    const { output } = runEngine([
      '-NoProfile',
      '-File',
      path,
      '-Count',
      '3',
      "it's $x",
      '-Loud:$false',
      '',
      '-5',
    ]);
    assert.equal(output, "it's $x|False|3|,-5|arguments.ps1\n");
  });

  test('ends with the exit code of the script', () => {
    assert.equal(runEngine(['-File', script('exit.ps1', 'exit 9')]).code, 9);
    const nativeLast = script('native.ps1', 'node -e "process.exit(4)"');
    assert.equal(runEngine(['-File', nativeLast]).code, 0);
    const { code, error } = runEngine(['-File', script('throw.ps1', '\nthrow "broken"')]);
    assert.equal(code, 1);
    assert.match(error, /throw\.ps1:2\n.*broken/s);
    assert.equal(runEngine(['-File', script('syntax.ps1', 'if (')]).code, 1);
    assert.equal(runEngine(['-File', path, '-Count', 'many']).code, 1);
  });

  test('a script that is not there is a bad argument', () => {
    const { code, error } = runEngine(['-File', 'nothing.ps1']);
    assert.deepEqual(
      [code, error],
      [64, "portreporter-engine: -File: there is no script 'nothing.ps1'.\n"],
    );
  });
});

describe('the command line', { skip: notBuilt }, () => {
  test('an argument that is not understood gets one line and exit code 64', () => {
    const expected: readonly (readonly [string[], string])[] = [
      [['-Nope'], "'-Nope' is not known. Try -Help."],
      [['-No'], "'-No' may be -nologo or -noninteractive or -noprofile. Write more of it."],
      [['-Command'], '-Command needs the text to run.'],
      [['-EncodedCommand', '!'], '-EncodedCommand: this is not base64.'],
      [['-WorkingDirectory', 'nowhere'], "-WorkingDirectory: there is no folder 'nowhere'."],
    ];
    for (const [args, message] of expected) {
      const { code, output, error } = runEngine(args);
      assert.deepEqual([code, output, error], [64, '', `portreporter-engine: ${message}\n`]);
    }
  });

  test('-Help says what there is', () => {
    const { code, output } = runEngine(['-Help']);
    assert.equal(code, 0);
    assert.match(output, /-EncodedCommand <base64>/);
  });

  test('-Command - and -EncodedCommand give the text in other ways', () => {
    assert.equal(runEngine(['-Command', '-'], { input: '1 + 1\n"b"' }).output, '2\nb\n');
    const encoded = Buffer.from('"ü"', 'utf16le').toString('base64');
    assert.equal(runEngine(['-enc', encoded]).output, 'ü\n');
  });

  test('commands from standard input run one by one, and one may have several lines', () => {
    const { code, output } = runEngine([], { input: '1/0\n$?\nif ($true) {\n"in"\n}\nexit 3\n' });
    assert.deepEqual([code, output], [3, 'False\nin\n']);
  });
});

describe('the engine in it', { skip: notBuilt }, () => {
  test('PSModulePath is passed on and modules are found there', () => {
    mkdirSync(join(folder, 'Sample'));
    script(join('Sample', 'Sample.psm1'), 'function Get-Sample { "sample" }');
    const environment = { PSModulePath: folder };
    const { output } = runCommand('Import-Module Sample; Get-Sample', { environment });
    assert.equal(output, 'sample\n');
  });

  test('the host tells who it is', () => {
    const text = '$Host.Name; $PSVersionTable.PSVersion.Major; $Host.UI.RawUI.BufferSize.Width';
    assert.equal(runCommand(text).output, 'PortReporterEngine\n7\n120\n');
  });

  test('ForEach-Object -Parallel and Start-Job work', () => {
    const parallel = '1..4 | ForEach-Object -Parallel { $_ * 2 } | Where-Object { $_ -gt 7 }';
    assert.equal(runCommand(parallel).output, '8\n');
    const job = 'Receive-Job -Wait (Start-Job { param($n) $n + 1; $PID } -ArgumentList 41)';
    assert.match(runCommand(job).output, /^42\n\d+\n$/);
  });
});
