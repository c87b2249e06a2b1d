// Which files there are to read: those of a directory, in the order in which they were begun, and
// those that somebody names. Their names say when each begins and, with the next one of its kind,
// when it ends: so what lies outside the time that is asked for need not be opened.

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PortReporterError } from '../../model/error.ts';
import {
  compareBegun,
  type LogFileName,
  type LogKind,
  logKinds,
  parseFileName,
} from '../format/file-name.ts';
import { asUtc } from '../format/wall-time.ts';

export interface FoundLog {
  readonly path: string;
  readonly size: number;
  /** Null where the file has a name of its own. */
  readonly name: LogFileName | null;
  /** The one of its kind that was begun after it; null where there is none. */
  readonly next: LogFileName | null;
}

type NamedLog = Pick<FoundLog, 'path'> & { readonly name: LogFileName };

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** What the system says of a path, in the user's words. */
export function asLogError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  const [code, message] = hasCode(error, 'ENOTDIR')
    ? (['PR_LOG_NOT_FOUND', `'${path}' is no directory.`] as const)
    : hasCode(error, 'ENOENT')
      ? (['PR_LOG_NOT_FOUND', `There is no log or log directory '${path}'.`] as const)
      : (['PR_LOG_UNREADABLE', `'${path}' can't be read: ${error.message}.`] as const);
  return new PortReporterError(code, message, { target: path, cause: error });
}

/** Null where it is no file: a pipe would be waited for, and a device read, for ever. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null; // removed meanwhile, by its age
    throw error;
  }
}

/** In the order of their beginnings; a set in the order PR-INITIAL, PR-PORTS, PR-PIDS, PR-STATUS. */
export async function namedLogs(directory: string): Promise<NamedLog[]> {
  const logs = (await readdir(directory)).flatMap((each) => {
    const name = parseFileName(each);
    return name === null ? [] : [{ path: join(directory, each), name }];
  });
  const place = ({ name }: NamedLog) => logKinds.indexOf(name.kind);
  return logs.sort((a, b) => compareBegun(a.name, b.name) || place(a) - place(b));
}

const nextOf = (name: LogFileName, all: readonly NamedLog[]): LogFileName | null =>
  all.find((each) => each.name.kind === name.kind && compareBegun(each.name, name) > 0)?.name ??
  null;

/** The logs of a directory. Throws a PortReporterError where it can't be read. */
export async function logsIn(directory: string): Promise<FoundLog[]> {
  try {
    const all = await namedLogs(directory);
    const found: FoundLog[] = [];
    const next = new Map<LogKind, LogFileName>();
    for (const { path, name } of all.reverse()) {
      const size = await sizeOf(path);
      if (size !== null) found.push({ path, size, name, next: next.get(name.kind) ?? null });
      next.set(name.kind, name);
    }
    return found.reverse();
  } catch (error) {
    throw asLogError(directory, error);
  }
}

/** A directory stands for all logs in it. Throws a PortReporterError where there is nothing. */
export async function logsAt(path: string): Promise<FoundLog[]> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await logsIn(path);
    const name = parseFileName(basename(path));
    // Who may read the file may not be allowed to list its directory.
    const all = name === null ? [] : await namedLogs(dirname(path)).catch(() => []);
    const next = name === null ? null : nextOf(name, all);
    return [{ path, size: found.size, name, next }];
  } catch (error) {
    throw asLogError(path, error);
  }
}

const hour = 3_600_000;
/** How far clocks may be from UTC, with an hour to spare. */
const eastmost = 15 * hour;
const westmost = 13 * hour;

export interface Span {
  /** Milliseconds since the epoch. */
  readonly after: number;
  readonly before: number;
}

/** False where the names alone, in whatever time zone, say that nothing of that time is in it. */
export function mayHold({ name, next }: FoundLog, { after, before }: Span): boolean {
  if (name === null) return true;
  const begun = asUtc(name.begun);
  if (begun - eastmost > before) return false;
  const end = name.kind === 'PR-INITIAL' ? name : next;
  return end === null || asUtc(end.begun) + westmost >= after;
}
