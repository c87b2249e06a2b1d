// The directory of the logs on Windows. What others could do to it is kept out by its access list: it
// is made for SYSTEM and Administrators (and for us, where somebody else records), files inherit
// that, and a directory that is there already is looked at before it is believed, with all that is
// above it.

import { open, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FILE_SHARE_READ,
  GENERIC_WRITE,
  OPEN_ALWAYS,
  openPath,
  writeAll,
} from '../../../../native/windows/file.ts';
import { makeDirectory, readPathFacts } from '../../../../native/windows/file-security.ts';
import type { Handle } from '../../../../native/windows/library.ts';
import { ownSid } from '../../../../native/windows/own-token.ts';
import { closeHandle } from '../../../../native/windows/process.ts';
import {
  ERROR_ALREADY_EXISTS,
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  ERROR_SHARING_VIOLATION,
  Win32Error,
} from '../../../../native/windows/win32-error.ts';
import { PortReporterError } from '../../model/error.ts';
import {
  administrators,
  type Checked,
  checkPath,
  type Finding,
  type LookAt,
  localSystem,
  machineAccounts,
  repairCommand,
  type Trust,
} from '../../trust/windows.ts';
import type { DiskSpace, FoundFile, LogDirectory, LogLock, WritableLog } from './directory.ts';
import {
  HandleLog,
  isDenied,
  isFull,
  listFiles,
  overwrite,
  passOverMissing,
  readPart,
  readSpace,
} from './plain-files.ts';

const lockName = '.portreporter-lock';

const isCode = (error: unknown, code: number): boolean =>
  error instanceof Win32Error && error.code === code;

/** As Node would say it: the recorder lives with such errors, and tries again. */
function asDiskError(error: unknown): unknown {
  if (!(error instanceof Win32Error)) return error;
  const isGone = error.code === ERROR_FILE_NOT_FOUND || error.code === ERROR_PATH_NOT_FOUND;
  const { message, call } = error;
  return Object.assign(new Error(message), { code: isGone ? 'ENOENT' : 'EACCES', syscall: call });
}

/** Who may write to the logs: a foreground recorder need not be an administrator's. */
function writers(): string[] {
  const own = ownSid();
  return [...new Set([localSystem, administrators, ...(own === null ? [] : [own])])];
}

/** Protected (P), so that nothing is inherited from above; what is made inside inherits it (OICI). */
export const descriptorOf = (accounts: readonly string[]): string =>
  `D:PAI${accounts.map((sid) => `(A;OICI;FA;;;${sid})`).join('')}`;

function makeMissing(path: string): void {
  try {
    makeDirectory(path, descriptorOf(writers()));
  } catch (error) {
    if (!isCode(error, ERROR_ALREADY_EXISTS)) throw error;
  }
}

function unsafe(path: string, { reason, path: part, isOfRights }: Finding): PortReporterError {
  const hint =
    isOfRights && part === path
      ? `Give it to administrators alone: ${repairCommand(path, true, false)}`
      : 'Choose another directory.';
  const message = `Logs can't be kept in '${path}': ${reason}.`;
  return new PortReporterError('PR_LOG_DIRECTORY_UNSAFE', message, { target: path, hint });
}

export class WindowsLogDirectory implements LogDirectory {
  readonly path: string;
  readonly #look: LookAt;

  constructor(path: string, look: LookAt = readPathFacts) {
    this.path = path;
    this.#look = look;
  }

  async lock(): Promise<LogLock> {
    makeMissing(this.path);
    this.#check();
    const file = await this.#takeLock();
    writeAll(file, Buffer.from(`${process.pid}\n`));
    // While it is open nobody can remove it, nor the directory that it is in.
    return { keep: async () => {}, release: async () => void closeHandle()(file) };
  }

  /** Others may read it, to see who holds it, but nobody else may write while we have it open. */
  async #takeLock(): Promise<Handle> {
    const path = join(this.path, lockName);
    const access = GENERIC_WRITE;
    try {
      return openPath(path, { access, share: FILE_SHARE_READ, disposition: OPEN_ALWAYS });
    } catch (error) {
      if (!isCode(error, ERROR_SHARING_VIOLATION)) throw error;
      const holder = Buffer.from(await readPart(path, 'Beginning', 20))
        .toString()
        .trim();
      throw new PortReporterError(
        'PR_LOG_DIRECTORY_BUSY',
        `Another recorder (process ${holder}) writes to '${this.path}'.`,
        { target: this.path, hint: 'Stop it, or choose another directory.' },
      );
    }
  }

  async create(name: string): Promise<WritableLog> {
    this.#check();
    const path = join(this.path, name);
    return new HandleLog(path, await open(path, 'wx'));
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    this.#check();
    const [there, next] = [join(this.path, name), join(this.path, `.${name}-next`)];
    await unlink(next).catch(passOverMissing); // a killed recorder's
    try {
      await writeFile(next, bytes, { flag: 'wx' });
      await rename(next, there);
    } catch (error) {
      await unlink(next).catch(passOverMissing);
      // A reader that lets nobody rename what it reads, or a full disk.
      if (!isFull(error) && !isDenied(error)) throw error;
      await overwrite(there, bytes);
    }
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

  /** The file system keeps names by its own journal; there is no call for it. */
  async sync(): Promise<void> {}

  space(): Promise<DiskSpace> {
    return readSpace(this.path);
  }

  #check(): void {
    const trusted = new Set([...machineAccounts, ...writers()]);
    const trust: Trust = { trusted, rights: ['Write', 'Read'] };
    const { finding } = this.#examine(trust);
    if (finding !== null) throw unsafe(this.path, finding);
  }

  #examine(trust: Trust): Checked {
    try {
      return checkPath(this.path, trust, this.#look);
    } catch (error) {
      throw asDiskError(error);
    }
  }
}
