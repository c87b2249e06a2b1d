// Copies a program so that what runs is what was looked at: a file is opened once, looked at through
// its descriptor, and copied from it; the copy is a new file, on the disk before it gets its name.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PortReporterError } from '../model/error.ts';

/** Absent on Windows, where the path was resolved before. */
const noLinks = constants.O_NOFOLLOW ?? 0;
const chunkSize = 1 << 20;

async function openSource(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | noLinks);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new PortReporterError('PR_PATH_UNSAFE', `'${path}' is not a file.`, { target: path });
}

/** Hands on the file in pieces and gives its SHA-256. */
async function digestOf(
  source: FileHandle,
  each: (piece: Uint8Array) => Promise<unknown> = async () => {},
): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkSize);
  for (;;) {
    const { bytesRead } = await source.read(chunk, 0, chunkSize, null);
    if (bytesRead === 0) return hash.digest('hex');
    const piece = chunk.subarray(0, bytesRead);
    hash.update(piece);
    await each(piece);
  }
}

export async function hashFile(path: string): Promise<string> {
  const source = await openSource(path);
  try {
    return await digestOf(source);
  } finally {
    await source.close();
  }
}

export interface Copy {
  readonly source: string;
  readonly sha256: string;
  readonly isProgram: boolean;
}

/** Makes the directories above it, too. */
export async function copyFile({ source, sha256, isProgram }: Copy, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const from = await openSource(source);
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      const copied = await digestOf(from, (piece) => to.writeFile(piece));
      if (copied !== sha256) throw changed(source);
      await to.chmod(isProgram ? 0o755 : 0o644);
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

function changed(source: string): PortReporterError {
  const hint = 'Is somebody upgrading it? Then wait and run the command again.';
  const message = `'${source}' was changed while it was copied.`;
  return new PortReporterError('PR_PATH_UNSAFE', message, { target: source, hint });
}

/** Resolves when the names in a directory are on the disk. Windows does that by itself. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
