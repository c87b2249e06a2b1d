// Files of a log directory by what Node itself offers: the same on every platform, once somebody has
// seen to it that the directory is safe.

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskSpace, FoundFile, WritableLog } from './directory.ts';

const { O_RDONLY, O_WRONLY } = constants;
/** Windows has no such flag; there the directory is for administrators alone. */
const noLinks = constants.O_NOFOLLOW ?? 0;

const isMissing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');

export function passOverMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

export function passOverExisting(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

export const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** Windows renames nothing over a file that somebody has open without sharing that. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPERM' || error.code === 'EBUSY');

/** A full disk has no block for a new file, but the old one has its own. Blanks fill the rest. */
export async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, O_WRONLY | noLinks);
  try {
    const { size } = await file.stat();
    const blanks = Buffer.alloc(Math.max(0, size - bytes.length), ' ');
    await file.write(Buffer.concat([bytes, blanks]), 0, undefined, 0);
  } finally {
    await file.close();
  }
}

export class HandleLog implements WritableLog {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<number> {
    return (await this.#handle.write(bytes)).bytesWritten;
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async isInPlace(): Promise<boolean> {
    const own = await this.#handle.stat({ bigint: true }); // numbers of Windows are that long
    try {
      const there = await lstat(this.#path, { bigint: true });
      return there.ino === own.ino && there.dev === own.dev;
    } catch (error) {
      // Where we may not look (any more), the number of its names is what we know.
      return !isMissing(error) && own.nlink > 0n;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export async function listFiles(directory: string): Promise<FoundFile[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files: FoundFile[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const { size } = await lstat(join(directory, entry.name));
    files.push({ name: entry.name, size });
  }
  return files;
}

export async function readPart(
  path: string,
  from: 'Beginning' | 'End',
  most: number,
): Promise<Uint8Array> {
  const handle = await open(path, O_RDONLY | noLinks);
  try {
    const { size } = await handle.stat();
    const position = from === 'Beginning' ? 0 : Math.max(0, size - most);
    const buffer = Buffer.alloc(Math.min(size, most));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

export async function readSpace(directory: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail } = await statfs(directory);
  return { size: blocks * bsize, free: bavail * bsize };
}
