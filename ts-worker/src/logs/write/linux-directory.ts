// The directory of the logs on Linux. What others could do to it is kept out: they may not write to
// it or rename it away, files are new and no links, and only their owner reads them (and the group
// that a setgid directory hands on, such as adm).

import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tryLockFile } from '../../../../native/linux/file-lock.ts';
import { PortReporterError } from '../../model/error.ts';
import type { DiskSpace, FoundFile, LogDirectory, LogLock, WritableLog } from './directory.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = constants;

const writableByOthers = 0o022;
const writableByWorld = 0o002;
const sticky = 0o1000;
const setgid = 0o2000;

const lockName = '.portreporter-lock';

function unsafe(path: string, problem: string, hint: string): PortReporterError {
  const message = `Logs can't be kept in '${path}': ${problem}.`;
  return new PortReporterError('PR_LOG_DIRECTORY_UNSAFE', message, { target: path, hint });
}

/** Root and we ourselves may own what leads to the logs. */
const isOurs = ({ uid }: Stats): boolean => uid === 0 || uid === process.geteuid?.();

function checkDirectory(path: string, found: Stats): void {
  const owner = `Give it to the account that records: chown root '${path}'.`;
  if (!isOurs(found)) throw unsafe(path, `it belongs to the user ${found.uid}`, owner);
  if ((found.mode & writableByOthers) === 0) return;
  const mode = (found.mode & 0o7777).toString(8);
  const hint = `Take the right from others: chmod go-w '${path}'.`;
  throw unsafe(path, `others may write to it (mode ${mode})`, hint);
}

/** Who may write to a directory above could put another in this one's place. */
async function checkAbove(path: string): Promise<void> {
  for (let above = dirname(path); ; above = dirname(above)) {
    const found = await stat(above);
    const isOpen = (found.mode & writableByWorld) !== 0 && (found.mode & sticky) === 0;
    if (isOpen || !isOurs(found)) {
      throw unsafe(
        path,
        `others may replace it, since they may write to '${above}'`,
        'Choose another.',
      );
    }
    if (above === dirname(above)) return;
  }
}

/** The file of a number that the process has open; names in it lead nowhere else. */
const throughDescriptor = (directory: FileHandle, name: string): string =>
  join('/proc/self/fd', String(directory.fd), name);

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');

function passOverMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function passOverExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** A new file with the rights of a log. */
async function createFile(directory: FileHandle, name: string, { mode }: Stats) {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const handle = await open(throughDescriptor(directory, name), flags, 0o600);
  // By the handle, since the umask of a service may deny the group.
  if ((mode & setgid) !== 0) await handle.chmod(0o640);
  return handle;
}

/** A full disk has no block for a new file, but the old one has its own. Blanks fill the rest. */
async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, O_WRONLY | O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    const blanks = Buffer.alloc(Math.max(0, size - bytes.length), ' ');
    await file.write(Buffer.concat([bytes, blanks]), 0, undefined, 0);
  } finally {
    await file.close();
  }
}

class LinuxLog implements WritableLog {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<number> {
    return (await this.#handle.write(bytes)).bytesWritten;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async isInPlace(): Promise<boolean> {
    const own = await this.#handle.stat();
    try {
      const there = await lstat(this.#path);
      return there.ino === own.ino && there.dev === own.dev;
    } catch (error) {
      // Where we may not look (any more), the number of its names is what we know.
      return !isMissing(error) && own.nlink > 0;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export class LinuxLogDirectory implements LogDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async lock(): Promise<LogLock> {
    await mkdir(this.path, { mode: 0o700 }).catch(passOverExisting);
    const flags = O_RDWR | O_CREAT | O_NOFOLLOW;
    const file = await this.#within((directory) =>
      open(throughDescriptor(directory, lockName), flags, 0o600),
    );
    if (tryLockFile(file.fd)) {
      await file.truncate();
      await file.write(`${process.pid}\n`, 0);
      return { release: () => file.close() };
    }
    const holder = (await file.readFile('utf8')).trim();
    await file.close();
    throw new PortReporterError(
      'PR_LOG_DIRECTORY_BUSY',
      `Another recorder (process ${holder}) writes to '${this.path}'.`,
      { target: this.path, hint: 'Stop it, or choose another directory.' },
    );
  }

  async create(name: string): Promise<WritableLog> {
    return await this.#within(async (directory, found) => {
      const handle = await createFile(directory, name, found);
      return new LinuxLog(join(this.path, name), handle);
    });
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    await this.#within(async (directory, found) => {
      const [there, next] = [name, `.${name}-next`].map((each) =>
        throughDescriptor(directory, each),
      );
      if (there === undefined || next === undefined) return;
      await unlink(next).catch(passOverMissing); // a killed recorder's
      const file = await createFile(directory, `.${name}-next`, found);
      try {
        await file.writeFile(bytes);
        await rename(next, there);
      } catch (error) {
        await unlink(next).catch(passOverMissing);
        if (!isFull(error)) throw error;
        await overwrite(there, bytes);
      } finally {
        await file.close();
      }
    });
  }

  async list(): Promise<FoundFile[]> {
    const entries = await readdir(this.path, { withFileTypes: true });
    const files: FoundFile[] = [];
    for (const entry of entries.filter((each) => each.isFile())) {
      const { size } = await lstat(join(this.path, entry.name));
      files.push({ name: entry.name, size });
    }
    return files;
  }

  async read(name: string, from: 'Beginning' | 'End', most: number): Promise<Uint8Array> {
    const handle = await open(join(this.path, name), O_RDONLY | O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      const position = from === 'Beginning' ? 0 : Math.max(0, size - most);
      const buffer = Buffer.alloc(Math.min(size, most));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  async remove(name: string): Promise<void> {
    await unlink(join(this.path, name));
  }

  async sync(): Promise<void> {
    await this.#within((directory) => directory.sync());
  }

  async space(): Promise<DiskSpace> {
    const { bsize, blocks, bavail } = await statfs(this.path);
    return { size: blocks * bsize, free: bavail * bsize };
  }

  /** With the directory open, so that it can't be exchanged between the check and the use. */
  async #within<Result>(
    use: (directory: FileHandle, found: Stats) => Promise<Result>,
  ): Promise<Result> {
    const path = await realpath(this.path);
    const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const found = await directory.stat();
      checkDirectory(this.path, found);
      await checkAbove(path);
      return await use(directory, found);
    } finally {
      await directory.close();
    }
  }
}
