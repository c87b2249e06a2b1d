// The directory of the logs on this Windows: made with its rights, refused where others have some,
// and for one recorder at a time.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeDirectory, readPathFacts } from '../../native/windows/file-security.ts';
import { ownSid } from '../../native/windows/own-token.ts';
import { WindowsLogDirectory } from '../../ts-worker/src/logs/write/windows-directory.ts';
import { countHandles } from './machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'portreporter-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const everyone = 'S-1-1-0';

/** Wine hands out what is above the folder as everybody's, as it is on the other side. */
const asIfSafeAbove = (path: string, links: 'Follow' | 'Open') => {
  const facts = readPathFacts(path, links);
  if (path.includes('portreporter-')) return facts;
  return { ...facts, security: { owner: ownSid(), isProtected: false, entries: [] } };
};
const directoryAt = (name: string): WindowsLogDirectory =>
  new WindowsLogDirectory(join(folder, name), asIfSafeAbove);

test('a missing directory is made, for us and administrators alone', async () => {
  const directory = directoryAt('made');
  const lock = await directory.lock();
  const { entries } = readPathFacts(directory.path, 'Open').security;
  assert.ok(entries !== null && entries.length > 0);
  assert.ok(!entries.some(({ sid }) => sid === everyone));
  await lock.release();
});

test('a second recorder is refused, and told who the first one is', async () => {
  const directory = directoryAt('locked');
  const lock = await directory.lock();
  await assert.rejects(directoryAt('locked').lock(), {
    code: 'PR_LOG_DIRECTORY_BUSY',
    message: `Another recorder (process ${process.pid}) writes to '${directory.path}'.`,
  });
  await lock.release();
  await (await directoryAt('locked').lock()).release();
});

for (const [right, verb] of [
  ['FA', 'write to'],
  ['FR', 'read'],
]) {
  test(`a directory that everyone may ${verb} is refused, with the command for it`, async () => {
    const directory = directoryAt(`open-${right}`);
    makeDirectory(directory.path, `D:P(A;OICI;FA;;;${ownSid()})(A;OICI;${right};;;WD)`);
    await assert.rejects(directory.lock(), (error: Error & { code?: string; hint?: string }) => {
      assert.equal(error.code, 'PR_LOG_DIRECTORY_UNSAFE');
      assert.ok(error.message.includes(`everyone may ${verb} '`), error.message);
      assert.ok(error.hint?.includes('/inheritance:r'), error.hint);
      return true;
    });
  });
}

test('logs are new files; status.json is replaced, also while it is read', async () => {
  const directory = directoryAt('files');
  const lock = await directory.lock();
  const log = await directory.create('PR-PORTS-1.log');
  await log.write(Buffer.from('one\r\n'));
  await log.sync();
  assert.equal(await log.isInPlace(), true);
  await assert.rejects(directory.create('PR-PORTS-1.log'), { code: 'EEXIST' });
  for (const text of ['first', 'second']) {
    await directory.replace('status.json', Buffer.from(text));
    assert.equal(readFileSync(join(directory.path, 'status.json'), 'utf8'), text);
  }
  const names = (await directory.list()).map(({ name }) => name).sort();
  assert.deepEqual(names, ['.portreporter-lock', 'PR-PORTS-1.log', 'status.json']);
  const end = Buffer.from(await directory.read('PR-PORTS-1.log', 'End', 3)).toString();
  assert.equal(end, 'e\r\n');
  await log.close();
  await directory.remove('PR-PORTS-1.log');
  assert.ok(!existsSync(join(directory.path, 'PR-PORTS-1.log')));
  const { free, size } = await directory.space();
  assert.ok(free > 0 && size > free);
  await lock.release();
});

test('a directory that is gone is an error of the disk, and no handle stays open', async () => {
  const directory = directoryAt('gone');
  await assert.rejects(directory.create('a'), { code: 'ENOENT', syscall: 'CreateFile' });
  const before = countHandles();
  for (let i = 0; i < 20; i++) await assert.rejects(directory.create('a'));
  const lock = directoryAt('handles');
  for (let i = 0; i < 20; i++) await (await lock.lock()).release();
  assert.ok(countHandles() - before < 10, `${countHandles() - before} more handles`);
});
