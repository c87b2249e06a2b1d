// Who could change what root is about to run. A path is safe where it and every directory above it
// belong to root and nobody else may write there, links resolved first. Access lists need no look of
// their own: their mask stands where the rights of the group do (acl(5)), so that a list that lets
// somebody write shows as a group that may.

import type { Stats } from 'node:fs';
import { lstat, realpath, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** The links of what is there are resolved; the rest is to be made. */
async function resolveTarget(path: string): Promise<{ there: string; whole: string }> {
  try {
    const there = await realpath(path);
    return { there, whole: there };
  } catch (error) {
    if (!isMissing(error)) throw error;
    const isDangling = await lstat(path).then(
      () => true,
      () => false,
    );
    if (isDangling) throw unsafe(path, { reason: 'it is a link to nothing', hint: 'Remove it.' });
    const { there, whole } = await resolveTarget(dirname(path));
    return { there, whole: join(whole, path.slice(dirname(path).length)) };
  }
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

export async function assertTrusted(path: string, use: Use): Promise<string> {
  const { there, whole } = use === 'Target' ? await resolveTarget(path) : await fromSource(path);
  for (const part of partsOf(there)) {
    const problem = await examine(part, there, use);
    if (problem !== null) throw unsafe(whole, problem);
  }
  if ((await statfs(there)).type === FUSE_SUPER_MAGIC) {
    const reason = 'a program of a user serves this file system (FUSE)';
    throw unsafe(whole, { reason, hint: 'Copy it to a disk of this machine.' });
  }
  return whole;
}

async function fromSource(path: string): Promise<{ there: string; whole: string }> {
  const there = await resolveSource(path);
  return { there, whole: there };
}
