// Which old files go: sets that are over age, then the oldest until the rest is small enough and
// the disk free enough. A set is a PR-INITIAL with everything up to the next one, since records
// mean less without the PR-INITIAL that they continue; it goes as a whole or not at all. What is in
// use stays.

import { type LogFileName, parseFileName } from '../format/file-name.ts';
import { asUtc } from '../format/wall-time.ts';
import type { DiskSpace, FoundFile } from './directory.ts';

export interface RetentionLimits {
  /** Null: whatever their age. */
  readonly days: number | null;
  /** Bytes of all logs together; null: as many as there are. */
  readonly totalSize: number | null;
  /** What the disk keeps free, of 1; 0: nothing. */
  readonly freeShare: number;
}

/** The limits for a disk. */
export type RetentionRule = (space: DiskSpace) => RetentionLimits;

/** 30 days, 4 GB but at most a tenth of the file system, and 15 % of it stays free. */
export function defaultLimits({ size }: DiskSpace): RetentionLimits {
  return { days: 30, totalSize: Math.min(4 * 2 ** 30, size / 10), freeShare: 0.15 };
}

export const keepAll = (): RetentionLimits => ({ days: null, totalSize: null, freeShare: 0 });

export interface Removal {
  readonly names: readonly string[];
  readonly bytes: number;
  readonly reason: string;
}

interface OldSet {
  readonly files: readonly FoundFile[];
  readonly bytes: number;
  /** When the next set was begun: then this one ended. On the wall, read as UTC. */
  readonly end: number;
}

type Named = FoundFile & { readonly parsed: LogFileName };

function named(files: readonly FoundFile[]): Named[] {
  const parsed = files.flatMap((file) => {
    const name = parseFileName(file.name);
    return name === null || name.isCompressed ? [] : [{ ...file, parsed: name }];
  });
  return parsed.sort(
    (a, b) =>
      asUtc(a.parsed.begun) - asUtc(b.parsed.begun) ||
      Number(b.parsed.kind === 'PR-INITIAL') - Number(a.parsed.kind === 'PR-INITIAL'),
  );
}

/** The oldest first; the last set has no end yet. */
function setsOf(files: readonly FoundFile[]): OldSet[] {
  const groups: Named[][] = [];
  for (const file of named(files)) {
    const last = groups.at(-1);
    if (last === undefined || file.parsed.kind === 'PR-INITIAL') groups.push([file]);
    else last.push(file);
  }
  return groups.map((group, index) => {
    const next = groups[index + 1]?.[0];
    return {
      files: group.map(({ name, size }) => ({ name, size })),
      bytes: group.reduce((sum, { size }) => sum + size, 0),
      end: next === undefined ? Number.POSITIVE_INFINITY : asUtc(next.parsed.begun),
    };
  });
}

const day = 86_400_000;
const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MB`;

/** `inUse`: names that are being written, and the PR-INITIAL that they continue; `wallNow`: the
 * time on the wall, read as UTC, as the names have it. */
export function planRemovals(
  files: readonly FoundFile[],
  inUse: ReadonlySet<string>,
  wallNow: number,
  space: DiskSpace,
  limits: RetentionLimits,
): Removal[] {
  const sets = setsOf(files);
  let total = sets.reduce((sum, { bytes }) => sum + bytes, 0);
  let free = space.free;
  const wanted = space.size * limits.freeShare;
  const removals: Removal[] = [];
  const reasonFor = ({ end }: OldSet): string | null => {
    const { days, totalSize } = limits;
    if (days !== null && wallNow - end > days * day) return `older than ${days} days`;
    if (totalSize !== null && total > totalSize) return `more than ${megabytes(totalSize)} of logs`;
    return free < wanted ? `less than ${megabytes(wanted)} free on the disk` : null;
  };
  for (const set of sets) {
    const reason = reasonFor(set);
    if (reason === null || set.files.some(({ name }) => inUse.has(name))) break;
    removals.push({ names: set.files.map(({ name }) => name), bytes: set.bytes, reason });
    total -= set.bytes;
    free += set.bytes;
  }
  return removals;
}
