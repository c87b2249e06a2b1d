// The committed Windows service host is what its source compiles to.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildServiceHost, serviceHost } from '../../build/tasks/service-host.ts';

const root = process.env.PORTREPORTER_ROOT ?? '.';
const compiler = 'x86_64-w64-mingw32-g++-posix';
const version = spawnSync(compiler, ['-dumpversion'], { encoding: 'utf8' }).stdout?.trim() ?? '';
/** Another version of the compiler makes other bytes of the same source. */
const isTheOne = version.startsWith('12');
const skip = !isTheOne && `needs Debian 12's ${compiler} (g++-mingw-w64-x86-64-posix)`;

test('the service host compiles without a warning to the committed bytes', { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
  try {
    const made = join(folder, 'service-host.exe');
    assert.equal(await buildServiceHost(root, [made]), 0);
    const committed = readFileSync(join(root, serviceHost));
    assert.ok(committed.equals(readFileSync(made)), 'npm run service-host makes it anew');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the service host needs no DLLs but those of every Windows', () => {
  const bytes = readFileSync(join(root, serviceHost)).toString('latin1');
  const names = bytes.match(/[\w-]+\.dll/gi) ?? [];
  assert.deepEqual([...new Set(names)].sort(), ['ADVAPI32.dll', 'KERNEL32.dll', 'msvcrt.dll']);
});
