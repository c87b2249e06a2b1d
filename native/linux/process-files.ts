// What /proc/PID says of one process (proc(5)). Every reader gives null for what is gone or may not
// be read. Texts come as bytes from the kernel and may hold anything but NUL.

import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs';
import { decodeText } from './text.ts';

function tryRead<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** True where a failure only says that a process, or what is its own, has ended meanwhile. */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH';
}

/** Files of /proc don't say how long they are, so readFileSync would make a large buffer for each of
 * thousands. This one is used again: what they hold is gone with the next call. */
let scratch = Buffer.allocUnsafe(65_536);

function readWhole(path: string, isEnd: (read: number, room: number) => boolean): Buffer {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      if (length === scratch.length) scratch = Buffer.concat([scratch], 2 * length);
      const room = scratch.length - length;
      const read = readSync(file, scratch, length, room, null);
      length += read;
      if (isEnd(read, room)) return scratch.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** The kernel hands out such a file at once (single_open of linux/seq_file.h, and cmdline), as much
 * as there is room for; there is nothing left to be asked for where it was more. */
const readRecord = (path: string): Buffer | null =>
  tryRead(() => readWhole(path, (read, room) => read < room));

/** A file of many lines comes in pieces. */
const readLines = (path: string): Buffer | null =>
  tryRead(() => readWhole(path, (read) => read === 0));

export function listProcesses(): number[] {
  const names = readdirSync('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

export interface ProcessStat {
  /** The first 15 bytes of the name of the main thread. */
  readonly command: string;
  readonly parent: number;
  /** Since boot, in clock ticks (1/100 s). */
  readonly startTicks: number;
  readonly isKernelThread: boolean;
}

const PF_KTHREAD = 0x00200000; // linux/sched.h
/** Behind the command, as the fields after it: it is split no further. */
const startTicksField = 19;

/** /proc/PID/stat; the command stands in parentheses and may itself hold parentheses. */
export function decodeStat(bytes: Uint8Array): ProcessStat | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = text.toString('latin1', close + 2).split(' ', startTicksField + 1);
  return {
    command: decodeText(text.subarray(open + 1, close)),
    parent: Number(fields[1]),
    startTicks: Number(fields[startTicksField]),
    isKernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
  };
}

export function readStat(pid: number): ProcessStat | null {
  const bytes = readRecord(`/proc/${pid}/stat`);
  return bytes === null ? null : decodeStat(bytes);
}

/** A program replaced or removed since it started is shown with this ending. */
const deleted = / \(deleted\)$/;

export function readExecutable(pid: number): string | null {
  const link = tryRead(() => readlinkSync(`/proc/${pid}/exe`, { encoding: 'buffer' }));
  return link === null ? null : decodeText(link).replace(deleted, '');
}

/** Each ends with a NUL. A process that writes a title over them (nginx, sshd) fills the rest with
 * NULs, which are no empty arguments. */
export function decodeArguments(bytes: Uint8Array): string[] {
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return end === 0 ? [] : decodeText(bytes.subarray(0, end)).split('\0');
}

/** The arguments as the process now shows them; empty for a kernel thread or a zombie. */
export function readArguments(pid: number): string[] | null {
  const bytes = readRecord(`/proc/${pid}/cmdline`);
  return bytes === null ? null : decodeArguments(bytes);
}

export interface ProcessFolder {
  /** The effective user id: it owns the folder, also where its files are kept for root (proc(5)). The
   * line in `status` says the same and costs ten times as much. */
  readonly uid: number;
  /** As long as it is the same, the pid is the same process. The kernel may also forget it and give
   * another one: a different number says nothing. */
  readonly inode: number;
}

/** /proc/PID itself. */
export function readFolder(pid: number): ProcessFolder | null {
  return tryRead(() => {
    const { uid, ino } = statSync(`/proc/${pid}`);
    return { uid, inode: ino };
  });
}

/** Lines of cgroups(7), `hierarchy:controllers:path`. The unified hierarchy (0) comes first, then
 * the others of a hybrid host; the root of a hierarchy says nothing. */
export function decodeControlGroups(text: string): string[] {
  const lines = text.split('\n');
  const unified = lines.filter((line) => line.startsWith('0::'));
  const others = lines.filter((line) => /^\d+:[^:]+:/.test(line));
  const paths = [...unified, ...others].map((line) => line.split(':').slice(2).join(':'));
  return paths.filter((path) => path !== '/');
}

/** Processes that follow one another mostly are in the same groups. */
let last = { bytes: Buffer.alloc(0), paths: [] as readonly string[] };

export function readControlGroups(pid: number): readonly string[] | null {
  const bytes = readRecord(`/proc/${pid}/cgroup`);
  if (bytes === null) return null;
  if (!bytes.equals(last.bytes)) {
    last = { bytes: Buffer.from(bytes), paths: decodeControlGroups(decodeText(bytes)) };
  }
  return last.paths;
}

/** Files mapped as executable code: what Windows calls the loaded modules. */
export function decodeModules(text: string): string[] {
  const paths = new Set<string>();
  for (const line of text.split('\n')) {
    const match = /^\S+ ..x. \S+ \S+ [1-9]\d* +(\/.*)$/.exec(line);
    if (match?.[1] !== undefined) paths.add(unescapePath(match[1].replace(deleted, '')));
  }
  return [...paths];
}

/** A newline in a path is written as \012 in /proc/PID/maps. */
const unescapePath = (path: string): string => path.replaceAll('\\012', '\n');

export function readModules(pid: number): string[] | null {
  const bytes = readLines(`/proc/${pid}/maps`);
  return bytes === null ? null : decodeModules(decodeText(bytes));
}

/** The namespace's inode number, the same for all its members (namespaces(7)). */
export function readNamespace(
  pid: number | 'self',
  kind: 'cgroup' | 'net' | 'user' | 'pid',
): number | null {
  const link = tryRead(() => readlinkSync(`/proc/${pid}/ns/${kind}`)); // `user:[4026531837]`
  return link === null ? null : Number(link.slice(kind.length + 2, -1));
}
