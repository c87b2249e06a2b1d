// Replaces a small file as a whole: a link in its place is replaced, not followed.

import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './copy.ts';

/** The old text or the new one, never half of it; null removes the file. */
export async function replaceFile(file: string, text: string | null): Promise<void> {
  if (text === null) {
    await rm(file, { force: true });
  } else {
    const fresh = `${file}.new`;
    await rm(fresh, { force: true }); // of an install that was cut off; a link goes, too
    const handle = await open(fresh, 'wx', 0o644);
    try {
      if (process.platform !== 'win32') await handle.chmod(0o644);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  }
  await syncDirectory(dirname(file));
}
