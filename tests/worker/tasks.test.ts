// What the door to the tasks says where a task can't be done: a sentence, and no stack.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { inRepository } from './support/repository.ts';

describe('build/run.mjs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clone-'));
  const engine = join(folder, 'tests', 'engine');
  after(() => rmSync(folder, { recursive: true }));

  beforeEach(() => {
    rmSync(folder, { recursive: true });
    mkdirSync(engine, { recursive: true });
    for (const each of ['build', 'package-lock.json', 'tsconfig.json']) {
      cpSync(inRepository(each), join(folder, each), { recursive: true });
    }
    symlinkSync(inRepository('node_modules'), join(folder, 'node_modules'), 'junction');
  });

  function runTask(name: string, path = process.env.PATH) {
    const { status, stderr } = spawnSync(process.execPath, [join('build', 'run.mjs'), name], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    });
    return { status, lines: stderr.trimEnd().split('\n') };
  }

  it('says that it can not write into the clone', () => {
    writeFileSync(join(folder, '.cache'), 'a file in the place of a folder');
    const { status, lines } = runTask('build');
    assert.deepEqual([status, lines.length], [1, 1]);
    assert.match(lines[0] ?? '', /can't write '.*build' \(\w+\)\. Clone the repository into/);
  });

  it('says that there is no PowerShell', () => {
    writeFileSync(join(engine, 'Program.cs'), '');
    const { status, lines } = runTask('start', folder);
    assert.deepEqual([status, lines.length], [1, 1]);
    assert.match(lines[0] ?? '', /^PowerShell is needed: neither pwsh nor the \.NET SDK/);
  });
});
