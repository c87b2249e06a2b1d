// The directory of the logs on Linux. What others could do to it is kept out: they may not write to
// it or rename it away, files are new and no links, and only their owner reads them (and the group
// that a setgid directory hands on, such as adm).

import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tryLockFile } from '../../../../native/linux/file-lock.ts';
import { PortReporterError } from '../../model/error.ts';
import type { DiskSpace, FoundFile, LogDirectory, LogLock, WritableLog } from './directory.ts';
import {
  HandleLog,
  isFull,
  listFiles,
  overwrite,
  passOverExisting,
  passOverMissing,
  readPart,
  readSpace,
} from './plain-files.ts';

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

/** A new file with the rights of a log. */
async function createFile(directory: FileHandle, name: string, { mode }: Stats) {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const handle = await open(throughDescriptor(directory, name), flags, 0o600);
  // By the handle, since the umask of a service may deny the group.
  if ((mode & setgid) !== 0) await handle.chmod(0o640);
  return handle;
}

export class LinuxLogDirectory implements LogDirectory {
  readonly path: string;
  /** As the directory was found. */
  #before: Stats | null = null;

  constructor(path: string) {
    this.path = path;
  }

  async lock(): Promise<LogLock> {
    let held = await this.#takeLock();
    return {
      keep: async () => {
        if (await held.isInPlace()) return;
        const before = held;
        held = await this.#takeLock();
        await before.close();
      },
      release: () => held.close(),
    };
  }

  async #takeLock(): Promise<HandleLog> {
    const flags = O_RDWR | O_CREAT | O_NOFOLLOW;
    await this.#make();
    const file = await this.#within((directory) =>
      open(throughDescriptor(directory, lockName), flags, 0o600),
    );
    if (tryLockFile(file.fd)) {
      await file.truncate();
      await file.write(`${process.pid}\n`, 0);
      return new HandleLog(join(this.path, lockName), file);
    }
    const holder = (await file.readFile('utf8')).trim();
    await file.close();
    throw new PortReporterError(
      'PR_LOG_DIRECTORY_BUSY',
      `Another recorder (process ${holder}) writes to '${this.path}'.`,
      { target: this.path, hint: 'Stop it, or choose another directory.' },
    );
  }

  /** One that was removed gets its group and its rights back. */
  async #make(): Promise<void> {
    const made = await mkdir(this.path, { mode: 0o700 }).then(() => true, passOverExisting);
    const before = this.#before;
    await this.#within(async (directory, found) => {
      if (made === undefined || before === null) this.#before = found;
      else {
        await directory.chown(before.uid, before.gid);
        await directory.chmod(before.mode & 0o7777);
      }
    });
  }

  async create(name: string): Promise<WritableLog> {
    return await this.#within(async (directory, found) => {
      const handle = await createFile(directory, name, found);
      return new HandleLog(join(this.path, name), handle);
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

  list(): Promise<FoundFile[]> {
    return listFiles(this.path);
  }

  read(name: string, from: 'Beginning' | 'End', most: number): Promise<Uint8Array> {
    return readPart(join(this.path, name), from, most);
  }

  async remove(name: string): Promise<void> {
    await unlink(join(this.path, name));
  }

  async sync(): Promise<void> {
    await this.#within((directory) => directory.sync());
  }

  space(): Promise<DiskSpace> {
    return readSpace(this.path);
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
