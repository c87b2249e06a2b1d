// What on a machine's disk differs from this machine's: read from the layer that took the changes.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What systemd and PowerShell themselves write, whatever is installed. */
const notOurs =
  /^\/(var\/(lib\/systemd|cache|log\/(journal|wtmp|btmp|lastlog))|root\/\.(cache|config|local|dotnet)|etc\/(machine-id|\.updated)|var\/\.updated)/;

/** Each path with a word about what it is. Directories that are as below are no change. */
export function changesIn(layer: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const look = (each: string): void => {
    const stat = lstatSync(layer + each);
    const below = lstatSync(each, { throwIfNoEntry: false });
    if (stat.isDirectory()) visit(each);
    const rights = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid}`;
    const isSame = stat.isDirectory() && below?.mode === stat.mode && below.uid === stat.uid;
    if (!isSame) found.set(each, `${rights} ${contentOf(layer + each)}`);
  };
  const visit = (path: string): void => {
    for (const name of readdirSync(layer + path)) {
      const each = `${path}/${name}`;
      if (!notOurs.test(each)) unlessGone(() => look(each));
    }
  };
  visit('');
  return found;
}

/** A file may be there only for a moment, as the next status.json. */
function unlessGone(look: () => void): void {
  try {
    look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function contentOf(path: string): string {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return `-> ${readlinkSync(path)}`;
  if (!stat.isFile()) return 'no file';
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
