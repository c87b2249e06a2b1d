// Windows: what runs as SYSTEM belongs to SYSTEM and Administrators, and only they read the logs.

import { rmdir } from 'node:fs/promises';
import { win32 } from 'node:path';
import { makeDirectory, readPathFacts } from '../../../native/windows/file-security.ts';
import { isElevated } from '../../../native/windows/own-token.ts';
import {
  ERROR_ALREADY_EXISTS,
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  Win32Error,
} from '../../../native/windows/win32-error.ts';
import { PortReporterError } from '../model/error.ts';
import { defaultLogDirectory } from '../settings/places.ts';
import {
  type Checked,
  checkPath,
  type Finding,
  machineAccounts,
  type Right,
  repairCommand,
} from '../trust/windows.ts';
import type { DirectoryKind, Machine } from './source.ts';
import { WindowsServiceManager } from './windows-manager.ts';
import { hostName } from './windows-registration.ts';

/** Owner and access list of what we make, as SDDL: SYSTEM (SY) and Administrators (BA) may do all
 * (FA); programs are for all users (BU) to read and run. Protected (P): nothing comes from above;
 * inherited (OICI) by all that is made inside. */
export const descriptors: Readonly<Record<DirectoryKind, string>> = {
  Programs: 'O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)',
  Logs: 'O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)',
};

const deniedOf: Readonly<Record<DirectoryKind, readonly Right[]>> = {
  Programs: ['Write'],
  Logs: ['Write', 'Read'],
};

function unsafe(path: string, reason: string, hint: string): PortReporterError {
  const message = `'${path}' is not safe to run with all rights: ${reason}.`;
  return new PortReporterError('PR_PATH_UNSAFE', message, { target: path, hint });
}

/** A path that lies where others may write is copied, what is itself writable is put right. */
function refuse(path: string, finding: Finding, kind: DirectoryKind): PortReporterError {
  const { isDirectory } = readPathFacts(path, 'Follow');
  const isItself = finding.isOfRights && finding.path.toLowerCase() === path.toLowerCase();
  const hint = isItself
    ? `Give it to administrators: ${repairCommand(path, isDirectory, kind === 'Programs')}`
    : `Copy it to where only administrators may write, such as "$env:ProgramFiles", and use that.`;
  return unsafe(path, finding.reason, hint);
}

const isMissing = (error: unknown): boolean =>
  error instanceof Win32Error &&
  (error.code === ERROR_FILE_NOT_FOUND || error.code === ERROR_PATH_NOT_FOUND);

function check(path: string, rights: readonly Right[], above: readonly Right[] = []): Checked {
  return checkPath(path, { trusted: machineAccounts, rights, above });
}

function assertSource(path: string): string {
  try {
    // Whoever may put a DLL beside a program decides what the program does.
    const { isDirectory } = readPathFacts(path, 'Follow');
    const { path: resolved, finding } = check(path, ['Write'], isDirectory ? [] : ['Write']);
    if (finding === null) return resolved;
    throw refuse(resolved, finding, 'Programs');
  } catch (error) {
    if (!(error instanceof Win32Error)) throw error;
    throw unsafe(path, `it can't be looked at (${error.message})`, 'Is the path right?');
  }
}

function isLinkToNothing(path: string): boolean {
  try {
    return readPathFacts(path, 'Open').isLink;
  } catch {
    return false;
  }
}

/** Of what is not there yet, the nearest directory above is looked at. */
function assertTarget(path: string): string {
  try {
    const { path: resolved, finding } = check(path, ['Replace']);
    if (finding === null) return resolved;
    throw refuse(resolved, finding, 'Programs');
  } catch (error) {
    const above = win32.dirname(path);
    if (!isMissing(error) || above === path) throw error;
    if (isLinkToNothing(path)) throw unsafe(path, 'it is a link to nothing', 'Remove it.');
    return win32.join(assertTarget(above), win32.basename(path));
  }
}

async function assertDirectory(path: string, kind: DirectoryKind): Promise<void> {
  const { finding } = check(path, deniedOf[kind]);
  if (finding !== null) throw refuse(path, finding, kind);
  const { isDirectory, isLink } = readPathFacts(path, 'Open');
  if (!isDirectory || isLink) {
    throw unsafe(path, 'it is no directory of its own', 'Choose another path.');
  }
}

/** The rights are read back: not every file system keeps them. */
function assertProtected(path: string): void {
  if (readPathFacts(path, 'Open').security.isProtected) return;
  throw unsafe(path, 'it takes over rights from above', 'Choose a directory on an NTFS drive.');
}

async function makeOwnDirectory(path: string, kind: DirectoryKind): Promise<void> {
  try {
    makeDirectory(path, descriptors[kind]);
  } catch (error) {
    if (!(error instanceof Win32Error && error.code === ERROR_ALREADY_EXISTS)) throw error;
    throw Object.assign(new Error(`'${path}' is there already.`), { code: 'EEXIST' });
  }
  try {
    await assertDirectory(path, kind);
    assertProtected(path);
  } catch (error) {
    await rmdir(path);
    throw error;
  }
}

export function createWindowsMachine(): Machine {
  const programs = process.env.ProgramFiles ?? 'C:\\Program Files';
  return {
    manager: new WindowsServiceManager(),
    defaultDirectory: win32.join(programs, 'PortReporter'),
    defaultLogDirectory: defaultLogDirectory(),
    isElevated,
    assertTrusted: async (path, use) =>
      use === 'Source' ? assertSource(path) : assertTarget(path),
    makeDirectory: makeOwnDirectory,
    assertDirectory,
    extraFiles: (module) =>
      new Map([[hostName, win32.join(module, 'native', 'service-host', hostName)]]),
  };
}
