import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LinuxLogDirectory } from '../../../ts-worker/src/logs/write/linux-directory.ts';

const isRoot = process.geteuid?.() === 0;
const skip = process.platform !== 'linux' ? 'rights of files are Linux here' : false;
const needsRoot = skip || (isRoot ? false : 'giving files away needs root');

const root = mkdtempSync(join(tmpdir(), 'portreporter-directory-'));
after(() => rmSync(root, { recursive: true }));

let made = 0;
function place(mode = 0o755): { path: string; directory: LinuxLogDirectory } {
  made += 1;
  const path = join(root, `d${made}`);
  mkdirSync(path);
  chmodSync(path, mode);
  return { path, directory: new LinuxLogDirectory(path) };
}

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

async function write(directory: LinuxLogDirectory, name: string, text: string): Promise<void> {
  const log = await directory.create(name);
  await log.write(Buffer.from(text));
  await log.sync();
  await log.close();
}

describe('files of logs', { skip }, () => {
  it('are read by their owner alone, whatever the umask', async () => {
    const { path, directory } = place();
    const umask = process.umask(0);
    await write(directory, 'a.log', 'text');
    process.umask(umask);
    assert.equal(modeOf(join(path, 'a.log')), '600');
    assert.equal(readFileSync(join(path, 'a.log'), 'utf8'), 'text');
  });

  it('are read by the group of a setgid directory, too', { skip: needsRoot }, async () => {
    const { path, directory } = place();
    chownSync(path, 0, 4);
    chmodSync(path, 0o2750);
    const umask = process.umask(0o077);
    await write(directory, 'a.log', 'text');
    process.umask(umask);
    assert.equal(modeOf(join(path, 'a.log')), '640');
    assert.equal(statSync(join(path, 'a.log')).gid, 4);
  });

  it('are never another’s: neither a file nor a link of that name is touched', async () => {
    const { path, directory } = place();
    const target = join(root, 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, join(path, 'a.log'));
    symlinkSync(join(root, 'nowhere'), join(path, 'b.log'));
    for (const name of ['a.log', 'b.log']) {
      await assert.rejects(directory.create(name), { code: 'EEXIST' });
    }
    assert.equal(readFileSync(target, 'utf8'), 'precious');
    await assert.rejects(directory.read('a.log', 'End', 9), { code: 'ELOOP' });
    assert.deepEqual(await directory.list(), []);
  });

  it('know whether they are still where they were made', async () => {
    const { path, directory } = place();
    const log = await directory.create('a.log');
    assert.equal(await log.isInPlace(), true);
    renameSync(join(path, 'a.log'), join(path, 'b.log'));
    assert.equal(await log.isInPlace(), false);
    writeFileSync(join(path, 'a.log'), '');
    assert.equal(await log.isInPlace(), false);
    renameSync(join(path, 'b.log'), join(path, 'a.log'));
    assert.equal(await log.isInPlace(), true);
    rmSync(path, { recursive: true });
    assert.equal(await log.isInPlace(), false);
    await log.close();
    await assert.rejects(directory.create('c.log'), { code: 'ENOENT' });
  });

  it('are listed, read at either end, and removed', async () => {
    const { path, directory } = place();
    await write(directory, 'a.log', 'first and last');
    mkdirSync(join(path, 'folder'));
    assert.deepEqual(await directory.list(), [{ name: 'a.log', size: 14 }]);
    const read = async (from: 'Beginning' | 'End', most: number) =>
      Buffer.from(await directory.read('a.log', from, most)).toString();
    assert.deepEqual([await read('Beginning', 5), await read('End', 4)], ['first', 'last']);
    assert.equal(await read('End', 100), 'first and last');
    await directory.sync();
    await directory.remove('a.log');
    assert.deepEqual(await directory.list(), []);
    const { size, free } = await directory.space();
    assert.ok(size > free && free > 0);
  });
});

describe('a directory that others could change', { skip }, () => {
  const refused = (directory: LinuxLogDirectory, message: RegExp) =>
    assert.rejects(directory.create('a.log'), { code: 'PR_LOG_DIRECTORY_UNSAFE', message });

  it('is refused, and it is said why', async () => {
    for (const mode of [0o777, 0o1777, 0o775, 0o2770]) {
      const { path, directory } = place(mode);
      const shown = mode.toString(8);
      await refused(
        directory,
        new RegExp(`^Logs can't be kept in '${path}': .*\\(mode ${shown}\\)\\.$`),
      );
      await assert.rejects(directory.lock(), { code: 'PR_LOG_DIRECTORY_UNSAFE' });
    }
  });

  it('because of its owner is refused', { skip: needsRoot }, async () => {
    const { path, directory } = place();
    chownSync(path, 1234, 0);
    await refused(directory, /: it belongs to the user 1234\.$/);
  });

  it('because of one above is refused', async () => {
    const { path } = place(0o777);
    mkdirSync(join(path, 'logs'), { mode: 0o700 });
    const directory = new LinuxLogDirectory(join(path, 'logs'));
    await refused(
      directory,
      new RegExp(`others may replace it, since they may write to '${path}'`),
    );
    chmodSync(path, 0o1777);
    await write(directory, 'a.log', '');
  });

  it('may be named by a link: what it leads to is what counts', async () => {
    const { path } = place();
    symlinkSync(path, join(root, 'link'));
    const directory = new LinuxLogDirectory(join(root, 'link'));
    await write(directory, 'a.log', 'x');
    assert.equal(readFileSync(join(path, 'a.log'), 'utf8'), 'x');
    chmodSync(path, 0o777);
    await refused(directory, /others may write to it/);
  });
});

describe('the lock of a directory', { skip }, () => {
  it('lets one in, names it to the next, and is given back', async () => {
    const { path, directory } = place();
    const lock = await directory.lock();
    await assert.rejects(new LinuxLogDirectory(path).lock(), {
      code: 'PR_LOG_DIRECTORY_BUSY',
      message: `Another recorder (process ${process.pid}) writes to '${path}'.`,
    });
    await lock.release();
    await (await directory.lock()).release();
  });

  it('ends with the process that has it, even by kill -9', async () => {
    const { path, directory } = place();
    await (await directory.lock()).release();
    const holder = spawn(
      'flock',
      [join(path, '.portreporter-lock'), 'sh', '-c', 'echo in; exec cat'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await assert.rejects(directory.lock(), { code: 'PR_LOG_DIRECTORY_BUSY' });
    holder.kill('SIGKILL');
    holder.stdin.end(); // flock's child shares the lock
    await new Promise((resolve) => holder.once('close', resolve));
    await (await directory.lock()).release();
  });

  it('is no link to somewhere else', async () => {
    const { path, directory } = place();
    symlinkSync(join(root, 'elsewhere'), join(path, '.portreporter-lock'));
    await assert.rejects(directory.lock(), { code: 'ELOOP' });
  });
});
