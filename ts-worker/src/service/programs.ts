// The steps that put directories and a release in their place, and take old ones away.

import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { PortReporterError } from '../model/error.ts';
import { copyFile, hashFile, syncDirectory } from './copy.ts';
import { nodeIn, type Release, releasesIn, workerIn } from './release.ts';
import type { DirectoryKind, Machine } from './source.ts';
import { nothingToUndo, type Step } from './step.ts';

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Those above it that are missing, and itself where it is, the highest first. */
async function missing(path: string): Promise<string[]> {
  return (await exists(path)) ? [] : [...(await missing(dirname(path))), path];
}

const whoMay: Readonly<Record<DirectoryKind, string>> = {
  Programs: 'only administrators write',
  Logs: 'only administrators read and write',
};

/** What is there already must be as it should. */
export async function planDirectory(
  machine: Machine,
  path: string,
  kind: DirectoryKind,
): Promise<{ readonly steps: Step[]; readonly made: string[] }> {
  const made = await missing(path);
  if (made.length === 0) await machine.assertDirectory(path, kind);
  const steps = made.map((each) => {
    const which = each === path ? kind : 'Programs';
    return {
      description: `Make the directory '${each}' (${whoMay[which]})`,
      do: () => machine.makeDirectory(each, which),
      undo: () => rmdir(each),
    };
  });
  return { steps, made };
}

/** Whether each file of the release is there as it should be. */
async function isWhole({ files }: Release, place: string): Promise<boolean> {
  for (const [name, { sha256 }] of files) {
    const found = await hashFile(join(place, name)).catch(() => null);
    if (found !== sha256) return false;
  }
  return true;
}

/** Nothing of our surroundings: no NODE_OPTIONS, no folder of a user. */
const nowhere = {
  cwd: parse(process.execPath).root,
  env: process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {},
};

/** Node and the worker together, as they were copied: a Node that needs libraries beside it fails
 * here, and not at the next boot. */
function tryRelease(place: string): Promise<void> {
  const args = [workerIn(place), '--version'];
  return new Promise((resolve, reject) => {
    execFile(nodeIn(place), args, { ...nowhere, timeout: 60_000 }, (error, _, errors) => {
      if (error === null) return resolve();
      const said = (errors || error.message)
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ')
        .slice(0, 500);
      const hint = 'Give -NodePath a Node that is one file, such as that of https://nodejs.org.';
      const message = `the copies of Node and the worker do not run together: ${said}`;
      reject(new PortReporterError('PR_SERVICE_FAILED', message, { target: place, hint }));
    });
  });
}

/** Under another name until it is whole, tried, and on the disk. */
async function placeRelease({ files }: Release, place: string): Promise<void> {
  const fresh = `${place}.new`;
  await rm(fresh, { recursive: true, force: true }); // of an install that was cut off
  try {
    await mkdir(fresh, { mode: 0o755 });
    for (const [name, copy] of files) await copyFile(copy, join(fresh, name));
    await tryRelease(fresh);
    for (const name of files.keys()) await syncDirectory(dirname(join(fresh, name)));
    await rm(place, { recursive: true, force: true }); // one that was damaged
    await rename(fresh, place);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  await syncDirectory(dirname(place));
}

export async function planRelease(release: Release, place: string): Promise<Step[]> {
  if (await isWhole(release, place)) return [];
  return [
    {
      description: `Copy Node, the worker and koffi to '${place}'`,
      do: () => placeRelease(release, place),
      undo: () => rm(place, { recursive: true, force: true }),
    },
  ];
}

/** All releases but one, and what an install that was cut off has left. */
export async function planCleaning(directory: string, keep: string | null): Promise<Step[]> {
  const releases = releasesIn(directory);
  const names = (await exists(releases)) ? await readdir(releases) : [];
  return names
    .filter((name) => keep === null || name !== basename(keep))
    .map((name) => ({
      description: `Remove the old release '${join(releases, name)}'`,
      isFinal: true,
      do: () => rm(join(releases, name), { recursive: true, force: true }),
      undo: nothingToUndo,
    }));
}
