// Who could change what root is about to run. A path is safe where it and every directory above it
// belong to root and nobody else may write there, links resolved first. Access lists need no look of
// their own: their mask stands where the rights of the group do (acl(5)), so that a list that lets
// somebody write shows as a group that may.

import { existsSync, type Stats } from 'node:fs';
import { lstat, readlink, realpath, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PortReporterError } from '../model/error.ts';
import { quote } from './quote.ts';

const writableByOthers = 0o022;
const sticky = 0o1000;

/** linux/magic.h: a program of some user says there who owns what. */
const FUSE_SUPER_MAGIC = 0x65735546;

type Use = 'Source' | 'Target';

interface Problem {
  readonly reason: string;
  readonly hint: string;
}

function unsafe(path: string, { reason, hint }: Problem): PortReporterError {
  const message = `'${path}' is not safe to run with all rights: ${reason}.`;
  return new PortReporterError('PR_PATH_UNSAFE', message, { target: path, hint });
}

const copyInstead = (path: string, found: Stats): string => {
  const safe = '/usr/local/share/powershell/Modules/PortReporter';
  const program = '/usr/local/lib/portreporter/node';
  return found.isDirectory()
    ? `Copy it: cp -RT --no-preserve=mode,ownership ${quote(path)} ${safe}, and import it from there.`
    : `Copy it: install -D -m 755 ${quote(path)} ${program}, and name that with -NodePath.`;
};

/** What is wrong with one part of the way to `path`. */
async function examine(part: string, path: string, use: Use): Promise<Problem | null> {
  const found = await lstat(part);
  const all = part === path && found.isDirectory() ? '-R ' : '';
  if (found.uid !== 0) {
    const reason = `'${part}' belongs to the user ${found.uid}, not to root`;
    const command = `Give it to root: chown ${all}root:root ${quote(part)}`;
    const copies = use === 'Source' && part !== path;
    return { reason, hint: copies ? copyInstead(path, await lstat(path)) : command };
  }
  if ((found.mode & writableByOthers) === 0) return null;
  const mode = (found.mode & 0o7777).toString(8);
  const reason = `others than root may write to '${part}' (mode ${mode})`;
  if ((found.mode & sticky) === 0) {
    return { reason, hint: `Take the right away: chmod ${all}go-w ${quote(part)}` };
  }
  // What is in a sticky directory nobody else can rename or remove: good for what is there now, as
  // long as it is there. After the next boot somebody else may be first to make it.
  const isThere = use === 'Source' && part !== path;
  return isThere ? null : { reason, hint: 'Choose a directory that only root may write to.' };
}

/** From the root of the file system down to the path itself. */
function partsOf(path: string): string[] {
  const above = dirname(path);
  return above === path ? [path] : [...partsOf(above), path];
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Linux follows no more, either (path_resolution(7)). */
const mostLinks = 40;

/** Where a way leads that need not be there to its end. Each link on it must be root's and lie where
 * only root writes: else somebody could choose where root's files go. */
async function resolveTarget(path: string, links = 0): Promise<string> {
  for (const part of partsOf(path)) {
    const found = await lstat(part).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (found === null) return path;
    if (!found.isSymbolicLink()) {
      await assertPart(part, path, 'Target');
      continue;
    }
    if (found.uid !== 0 || links >= mostLinks) {
      const reason = `the link '${part}' belongs to the user ${found.uid}, or leads in a circle`;
      throw unsafe(path, { reason, hint: 'Name the place itself.' });
    }
    const next = resolve(dirname(part), await readlink(part));
    await assertThere(next, path, part);
    return await resolveTarget(join(next, path.slice(part.length)), links + 1);
  }
  return path;
}

async function assertThere(next: string, path: string, link: string): Promise<void> {
  const isThere = await lstat(next).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw unsafe(path, { reason: `'${link}' is a link to nothing`, hint: 'Remove it.' });
}

async function resolveSource(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PortReporterError('PR_PATH_UNSAFE', `'${path}' can't be used: ${reason}.`, {
      target: path,
      hint: 'Is the path right?',
    });
  }
}

async function assertPart(part: string, path: string, use: Use): Promise<void> {
  const problem = await examine(part, path, use);
  if (problem !== null) throw unsafe(path, problem);
}

async function assertDisk(path: string): Promise<void> {
  if ((await statfs(path)).type !== FUSE_SUPER_MAGIC) return;
  const reason = 'a program of a user serves this file system (FUSE)';
  throw unsafe(path, { reason, hint: 'Copy it to a disk of this machine.' });
}

async function assertSource(given: string): Promise<string> {
  const path = await resolveSource(given);
  for (const part of partsOf(path)) await assertPart(part, path, 'Source');
  await assertDisk(path);
  return path;
}

async function assertTarget(given: string): Promise<string> {
  const path = await resolveTarget(given);
  let there = path;
  while (!existsSync(there)) there = dirname(there);
  await assertDisk(there);
  return path;
}

export const assertTrusted = (path: string, use: Use): Promise<string> =>
  use === 'Source' ? assertSource(path) : assertTarget(path);
