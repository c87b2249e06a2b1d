// Follows logs as they grow, from one file to the next of its kind.

import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  compareBegun,
  type LogFileName,
  type LogKind,
  parseFileName,
} from '../format/file-name.ts';
import { namedLogs } from './found-logs.ts';
import type { LogSource } from './read-log.ts';

const chunkSize = 256 * 1024;
/** Milliseconds between two looks for more. */
const interval = 200;
/** Milliseconds in which last lines may come to a file that already has a successor. */
const grace = 1000;

/** The bytes of a file until it has a successor and grows no more. */
async function* growing(
  path: string,
  hasSuccessor: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(chunkSize);
    for (let waited: number | null = null; waited === null || waited < grace; ) {
      const { bytesRead } = await handle.read(buffer, 0, chunkSize);
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      if (waited !== null || (await hasSuccessor())) waited = (waited ?? -interval) + interval;
      await pause(interval, undefined, { signal });
    }
  } finally {
    await handle.close();
  }
}

const successorOf = async (directory: string, name: LogFileName): Promise<string | null> => {
  const all = await namedLogs(directory);
  const isNext = (each: LogFileName) => each.kind === name.kind && compareBegun(each, name) > 0;
  return all.find((each) => !each.name.isCompressed && isNext(each.name))?.path ?? null;
};

/** One log that grows until it has a successor. Reading it rejects with an AbortError when the
 * signal comes. */
export function growingSource(path: string, signal: AbortSignal): LogSource {
  const name = parseFileName(basename(path));
  const hasSuccessor = async () =>
    name !== null && (await successorOf(dirname(path), name)) !== null;
  return { file: path, chunks: () => growing(path, hasSuccessor, signal), isGrowing: true };
}

export interface FollowedLogs {
  readonly directory: string;
  /** Null: a file with a name of its own, which nothing follows. */
  readonly kind: LogKind | null;
  /** The file to begin with; null: the next one that is begun. */
  readonly from: string | null;
  /** Files that were there before are not new. */
  readonly known: ReadonlySet<string>;
}

/** Gives one file after the other, each to be read to its end before the next is asked for. Rejects
 * with an AbortError when the signal comes. */
export async function* followLogs(
  { directory, kind, from, known }: FollowedLogs,
  signal: AbortSignal,
): AsyncGenerator<LogSource> {
  const nextAfter = async (last: LogFileName | null): Promise<string | null> => {
    if (kind === null) return null;
    if (last !== null) return await successorOf(directory, last);
    const all = await namedLogs(directory);
    const isNew = ({ path, name }: (typeof all)[number]) =>
      name.kind === kind && !name.isCompressed && !known.has(path);
    return all.find(isNew)?.path ?? null;
  };
  for (let path = from; ; ) {
    const last = path === null ? null : parseFileName(basename(path));
    if (path !== null) yield growingSource(path, signal);
    path = await nextAfter(last);
    while (path === null) {
      await pause(interval, undefined, { signal });
      path = await nextAfter(last);
    }
  }
}
