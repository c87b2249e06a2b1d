// What is read of one process on Linux, whoever tells most of it: /proc alone, or the kernel.

import { startTimeOf } from '../../../native/linux/boot-clock.ts';
import {
  readArguments,
  readControlGroups,
  readExecutable,
  readFolder,
  readModules,
  readNamespace,
  readStat,
} from '../../../native/linux/process-files.ts';
import type { ProcessFacts } from '../model/process.ts';
import { processName } from './linux-name.ts';
import { servicesOf } from './linux-services.ts';

/** Facts before the user id has a name. */
export interface Reading extends Omit<ProcessFacts, 'user'> {
  readonly uid: number;
  /** A uid means something else in another user namespace: then it stays a number. */
  readonly foreignUser: boolean;
}

export interface ReadingOptions {
  readonly bootMoment: number;
  readonly modules: boolean;
}

/** All but what is always read from /proc. */
export interface ToldProcess {
  readonly pid: number;
  /** Since boot, in clock ticks (1/100 s). */
  readonly startTicks: number;
  /** The first 15 bytes of the name of the main thread. */
  readonly command: string;
  readonly uid: number;
  /** The inode number of its user namespace. */
  readonly userNamespace: number;
  readonly path: string | null;
  readonly controlGroups: readonly string[] | null;
}

const ownUserNamespace = readNamespace('self', 'user') ?? 0;

function quoted(argument: string): string {
  return /^[^\s"']+$/.test(argument) ? argument : `"${argument.replaceAll('"', '\\"')}"`;
}

/** Adds what /proc alone says. */
export function toReading(told: ToldProcess, { bootMoment, modules }: ReadingOptions): Reading {
  const { pid, path, controlGroups, uid } = told;
  const args = readArguments(pid);
  return {
    pid,
    startTime: startTimeOf(told.startTicks, bootMoment),
    name: processName(told.command, path, args ?? []),
    path,
    commandLine: args === null || args.length === 0 ? null : args.map(quoted).join(' '),
    services: controlGroups === null ? null : servicesOf(controlGroups),
    modules: modules ? readModules(pid) : null,
    uid,
    foreignUser: told.userNamespace !== ownUserNamespace,
  };
}

/** By /proc. Null where the process is gone, or was replaced by another of the same pid while it was
 * read. */
export function readProcess(pid: number, options: ReadingOptions): Reading | null {
  const folder = readFolder(pid);
  const stat = readStat(pid);
  if (folder === null || stat === null) return null;
  const { command, startTicks } = stat;
  const path = readExecutable(pid);
  const controlGroups = readControlGroups(pid);
  const userNamespace = readNamespace(pid, 'user') ?? ownUserNamespace;
  const { uid, inode } = folder;
  const told = { pid, startTicks, command, uid, userNamespace, path, controlGroups };
  const reading = toReading(told, options);
  const isSame = readFolder(pid)?.inode === inode || readStat(pid)?.startTicks === startTicks;
  return isSame ? reading : null;
}
