// Who could change a file on Windows, or put another in its place. A path is safe where it and all
// directories above it belong to those who are trusted anyway, and give nobody else the right to:
// links resolved first, from the drive down, so that each step is sure before the next one is taken.

import { win32 } from 'node:path';
import { type PathFacts, readPathFacts } from '../../../native/windows/file-security.ts';
import type { SecurityDescriptor } from '../../../native/windows/security-descriptor.ts';

/** Accounts that can do everything on a machine; the same on every Windows ([MS-DTYP] 2.4.2.4). */
export const localSystem = 'S-1-5-18';
export const administrators = 'S-1-5-32-544';
/** Owns what Windows itself brings: the SHA-1 of its name, so that it is the same everywhere. */
const trustedInstaller = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';

export const machineAccounts: ReadonlySet<string> = new Set([
  localSystem,
  administrators,
  trustedInstaller,
]);

const users = 'S-1-5-32-545';

const knownNames: Readonly<Record<string, string>> = {
  'S-1-1-0': 'everyone',
  'S-1-5-4': 'everybody who logs on here',
  'S-1-5-11': 'every user who logs on',
  [users]: 'every user of this machine',
  'S-1-5-32-546': 'guests',
  'S-1-5-7': 'anonymous users',
};

const nameOf = (sid: string): string => knownNames[sid] ?? `the account ${sid}`;

/** ACCESS_MASK, winnt.h. */
const FILE_READ_DATA = 0x1;
const FILE_WRITE_DATA = 0x2; // of a directory: add a file
const FILE_APPEND_DATA = 0x4; // of a directory: add a directory
const FILE_WRITE_EA = 0x10;
const FILE_DELETE_CHILD = 0x40;
const FILE_WRITE_ATTRIBUTES = 0x100;
const DELETE = 0x10000;
const WRITE_DAC = 0x40000;
const WRITE_OWNER = 0x80000;
const GENERIC_ALL = 0x10000000;
const GENERIC_WRITE = 0x40000000;
const GENERIC_READ = 0x80000000;

/** To take away or rename what is in a directory, or the directory itself. By default every user may
 * add directories to drive C:; that replaces nothing that is there. */
const replacing = FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
const writing =
  replacing |
  (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES | GENERIC_WRITE);
const reading = FILE_READ_DATA | GENERIC_READ | GENERIC_ALL;

const masks = {
  Replace: [replacing, 'replace what is in'],
  Write: [writing, 'write to'],
  Read: [reading, 'read'],
} as const;
export type Right = keyof typeof masks;

export interface Finding {
  readonly path: string;
  /** A clause: `every user of this machine may write to 'C:\tools'`. */
  readonly reason: string;
  /** True where the rights of `path` are wrong, and icacls puts them right. */
  readonly isOfRights: boolean;
}

/** The first who has a right that only the trusted should have. Entries that deny are passed over:
 * whoever is granted something there counts, even where it is denied to him again. */
function grantedTo(
  { entries }: SecurityDescriptor,
  mask: number,
  trusted: ReadonlySet<string>,
): string | null {
  if (entries === null) return 'S-1-1-0';
  const grants = entries.filter(({ kind, inheritOnly }) => kind === 'Allow' && !inheritOnly);
  return grants.find((each) => (each.mask & mask) !== 0 && !trusted.has(each.sid))?.sid ?? null;
}

/** What is wrong with one thing; null where nobody but the trusted has any of these rights. */
export function examine(
  path: string,
  security: SecurityDescriptor,
  rights: readonly Right[],
  trusted: ReadonlySet<string>,
): Finding | null {
  const { owner } = security;
  if (owner === null || !trusted.has(owner)) {
    const reason = `'${path}' belongs to ${owner === null ? 'nobody' : nameOf(owner)}`;
    return { path, reason, isOfRights: true };
  }
  for (const right of rights) {
    const [mask, verb] = masks[right];
    const sid = grantedTo(security, mask, trusted);
    const reason = `${nameOf(sid ?? '')} may ${verb} '${path}'`;
    if (sid !== null) return { path, reason, isOfRights: true };
  }
  return null;
}

/** What Windows tells of a path; the tests lay it themselves. */
export type LookAt = (path: string, links: 'Follow' | 'Open') => PathFacts;

export interface Trust {
  readonly trusted: ReadonlySet<string>;
  /** What nobody else may do to the thing itself. */
  readonly rights: readonly Right[];
  /** And to the directory that it is in; `Replace` goes without saying. */
  readonly above?: readonly Right[];
}

const longPrefix = '\\\\?\\';

/** `C:\…`; null where it lies on another machine, or on no drive. */
export function onDrive(finalPath: string): string | null {
  const path = finalPath.startsWith(longPrefix) ? finalPath.slice(longPrefix.length) : finalPath;
  return /^[a-z]:\\/i.test(path) ? path : null;
}

/** From the drive down to the path itself. */
function partsOf(path: string): string[] {
  const above = win32.dirname(path);
  return above === path ? [path] : [...partsOf(above), path];
}

export interface Checked {
  /** With all links resolved. */
  readonly path: string;
  readonly finding: Finding | null;
}

/** Throws a Win32Error where something of it is missing, or may not be looked at. */
export function checkPath(given: string, trust: Trust, look: LookAt = readPathFacts): Checked {
  const path = onDrive(look(given, 'Follow').finalPath);
  if (path === null) {
    const reason = `'${given}' is not on a drive of this machine`;
    return { path: given, finding: { path: given, reason, isOfRights: false } };
  }
  const parts = partsOf(path);
  for (const [index, part] of parts.entries()) {
    const left = parts.length - 1 - index;
    const ofParent = left === 1 ? (trust.above ?? []) : [];
    const rights = left === 0 ? trust.rights : (['Replace', ...ofParent] as const);
    const { isLink, security } = look(longPrefix + part, 'Open');
    const changed = { path: part, reason: `'${part}' was changed just now`, isOfRights: false };
    const finding = isLink ? changed : examine(part, security, rights, trust.trusted);
    if (finding !== null) return { path, finding };
  }
  return { path, finding: null };
}

/** The command that gives a file or directory to administrators and takes it from everybody else but
 * for reading (`forAll`). For PowerShell. */
export function repairCommand(path: string, isDirectory: boolean, forAll: boolean): string {
  const inherited = isDirectory ? '(OI)(CI)' : '';
  const grants = [localSystem, administrators].map((sid) => `"*${sid}:${inherited}F"`);
  if (forAll) grants.push(`"*${users}:${inherited}RX"`);
  const owner = `icacls "${path}" /setowner "*${administrators}"`;
  return `${owner}; icacls "${path}" /inheritance:r /grant:r ${grants.join(' ')}`;
}
