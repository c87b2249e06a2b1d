// Which files of a log directory the recorder wrote: by their name, and by what they say of
// themselves. Genuine logs of 2004 that somebody keeps beside them are not ours to remove.

import { parseFileName } from '../logs/format/file-name.ts';
import { isOurs } from '../logs/write/own-file.ts';
import { openLogDirectory } from '../recorder/platform.ts';

export async function ownLogs(path: string): Promise<string[]> {
  const directory = await openLogDirectory(path);
  const found = await directory.list();
  const names = found.map(({ name }) => name).filter((name) => parseFileName(name) !== null);
  const own: string[] = [];
  for (const name of names) if (await isOurs(directory, name)) own.push(name);
  return own;
}
