// The facts of processes on Linux, from /proc.

import { readBootMoment, startTimeOf } from '../../../native/linux/boot-clock.ts';
import {
  readArguments,
  readControlGroups,
  readExecutable,
  readFolder,
  readModules,
  readNamespace,
  readStat,
} from '../../../native/linux/process-files.ts';
import { UserNames } from '../../../native/linux/users.ts';
import type { ProcessFacts } from '../model/process.ts';
import { processName } from './linux-name.ts';
import { servicesOf } from './linux-services.ts';
import type { ProcessReader } from './source.ts';

/** What is read of one process before its user id has a name. */
interface Reading extends Omit<ProcessFacts, 'user'> {
  readonly uid: number;
  /** A uid means something else in another user namespace: then it stays a number. */
  readonly foreignUser: boolean;
}

function quoted(argument: string): string {
  return /^[^\s"']+$/.test(argument) ? argument : `"${argument.replaceAll('"', '\\"')}"`;
}

const ownUserNamespace = readNamespace('self', 'user') ?? 0;

/** Null where the process is gone, or was replaced by another of the same pid while it was read. */
function readProcess(pid: number, bootMoment: number, modules: boolean): Reading | null {
  const folder = readFolder(pid);
  const stat = readStat(pid);
  if (folder === null || stat === null) return null;
  const path = readExecutable(pid);
  const args = readArguments(pid);
  const controlGroups = readControlGroups(pid);
  const reading: Reading = {
    pid,
    startTime: startTimeOf(stat.startTicks, bootMoment),
    name: processName(stat.command, path, args ?? []),
    path,
    commandLine: args === null || args.length === 0 ? null : args.map(quoted).join(' '),
    services: controlGroups === null ? null : servicesOf(controlGroups),
    modules: modules ? readModules(pid) : null,
    uid: folder.uid,
    foreignUser: (readNamespace(pid, 'user') ?? ownUserNamespace) !== ownUserNamespace,
  };
  const isSame =
    readFolder(pid)?.inode === folder.inode || readStat(pid)?.startTicks === stat.startTicks;
  return isSame ? reading : null;
}

/** Files of so many processes are read in one turn. In between others get theirs, above all the walk over
 * the tables, which goes on only when it is asked for more. */
const inOneTurn = 16;

class LinuxProcesses implements ProcessReader {
  readonly #users = new UserNames();

  async read(
    pids: ReadonlySet<number>,
    options: { readonly modules: boolean },
  ): Promise<Map<number, ProcessFacts>> {
    const bootMoment = readBootMoment();
    const readings: Reading[] = [];
    for (const pid of pids) {
      if (readings.length % inOneTurn === inOneTurn - 1) await new Promise(setImmediate);
      const reading = readProcess(pid, bootMoment, options.modules);
      if (reading !== null) readings.push(reading);
    }
    const own = readings.filter(({ foreignUser }) => !foreignUser);
    await this.#users.learn(own.map(({ uid }) => uid));
    return new Map(readings.map((reading) => [reading.pid, this.#toFacts(reading)]));
  }

  #toFacts({ uid, foreignUser, ...facts }: Reading): ProcessFacts {
    return { ...facts, user: foreignUser ? String(uid) : this.#users.of(uid) };
  }
}

export function createLinuxProcesses(): ProcessReader {
  return new LinuxProcesses();
}
