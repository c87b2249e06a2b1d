// The facts of processes on Windows. Name and start come from one list that every user may read, so
// that a process that denies the rest is still named; path, command line, user and modules come
// from the process itself, through a handle that is held for a moment.

import { lookupAccount, readUser } from '../../../native/windows/account.ts';
import { readModules } from '../../../native/windows/modules.ts';
import { takeDebugPrivilege } from '../../../native/windows/own-token.ts';
import {
  PROCESS_QUERY_INFORMATION,
  PROCESS_QUERY_LIMITED_INFORMATION,
  PROCESS_VM_READ,
  readCommandLine,
  readImagePath,
  readStartTime,
  withProcess,
} from '../../../native/windows/process.ts';
import { type ListedProcess, listProcesses } from '../../../native/windows/process-list.ts';
import { listServices, type RunningService } from '../../../native/windows/services.ts';
import { type ProcessFacts, unknownProcess } from '../model/process.ts';
import type { ProcessReader } from './source.ts';
import { AccountNames } from './windows-accounts.ts';

/** What a handle tells; null where the process denies it. */
export interface ProcessDetails {
  readonly startTime: number | null;
  readonly path: string | null;
  readonly commandLine: string | null;
  /** The SID of the user. */
  readonly user: Uint8Array | null;
  readonly modules: readonly string[] | null;
}

/** The calls of Windows that are needed here; the tests stand in for them. */
export interface ProcessCalls {
  takeDebugPrivilege(): boolean;
  listProcesses(): ReadonlyMap<number, ListedProcess>;
  listServices(): readonly RunningService[] | null;
  readDetails(pid: number, modules: boolean): ProcessDetails | null;
  lookupAccount(sid: Uint8Array): Promise<string | null>;
}

const modulesAccess = PROCESS_QUERY_INFORMATION | PROCESS_VM_READ;

/** While the first handle is open, no other process can get the pid: all is of one process. */
function readDetails(pid: number, modules: boolean): ProcessDetails | null {
  return withProcess(pid, PROCESS_QUERY_LIMITED_INFORMATION, (handle) => ({
    startTime: readStartTime(handle),
    path: readImagePath(handle),
    commandLine: readCommandLine(handle),
    user: readUser(handle),
    modules: modules ? withProcess(pid, modulesAccess, readModules) : null,
  }));
}

export const windowsCalls: ProcessCalls = {
  takeDebugPrivilege,
  listProcesses,
  listServices,
  readDetails,
  lookupAccount,
};

/** Two pids that no program has; they are the same on every Windows. */
const idle: ProcessFacts = { ...unknownProcess(0), name: 'System Idle', services: [] };
const systemPid = 4;
/** S-1-5-18, the account of the system itself (winnt.h: SECURITY_LOCAL_SYSTEM_RID). */
const localSystem = Uint8Array.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);

/** What is known of one process before its SID has a name. */
type Reading = Omit<ProcessFacts, 'user'> & { readonly sid: Uint8Array | null };

const fileName = (path: string | null): string | null => path?.split('\\').at(-1) ?? null;

/** Spelled as Get-Process spells it: `svchost` for svchost.exe. */
const processName = (image: string | null): string | null => image?.replace(/\.exe$/i, '') ?? null;

function readingOf(
  listed: ListedProcess,
  details: ProcessDetails | null,
  services: readonly string[] | null,
): Reading {
  const { pid } = listed;
  const startTime = details?.startTime ?? listed.startTime;
  const replaced = startTime !== listed.startTime; // the pid got another process since the list
  return {
    pid,
    startTime,
    name: processName(replaced ? fileName(details?.path ?? null) : listed.name),
    path: details?.path ?? null,
    commandLine: details?.commandLine ?? null,
    services,
    modules: details?.modules ?? null,
    sid: details?.user ?? null,
  };
}

function readSystem(listed: ListedProcess | undefined): Reading {
  const { user: _, ...unknown } = unknownProcess(systemPid, listed?.startTime ?? null);
  return { ...unknown, name: 'System', services: [], sid: localSystem };
}

class WindowsProcesses implements ProcessReader {
  readonly #calls: ProcessCalls;
  readonly #accounts: AccountNames;
  #privileged: boolean | undefined;

  constructor(calls: ProcessCalls) {
    this.#calls = calls;
    this.#accounts = new AccountNames(calls.lookupAccount);
  }

  async read(
    pids: ReadonlySet<number>,
    options: { readonly modules: boolean },
  ): Promise<Map<number, ProcessFacts>> {
    this.#privileged ??= this.#calls.takeDebugPrivilege();
    const readings = this.#readAll(pids, options.modules);
    await this.#accounts.learn(readings.flatMap(({ sid }) => sid ?? []));
    const facts = new Map<number, ProcessFacts>(pids.has(0) ? [[0, idle]] : []);
    for (const { sid, ...reading } of readings) {
      const user = sid === null ? null : this.#accounts.of(sid);
      facts.set(reading.pid, { ...reading, user });
    }
    return facts;
  }

  #readAll(pids: ReadonlySet<number>, modules: boolean): Reading[] {
    const listed = this.#calls.listProcesses();
    const services = this.#calls.listServices();
    const readings: Reading[] = [];
    for (const pid of pids) {
      const process = listed.get(pid);
      if (pid === systemPid) readings.push(readSystem(process));
      else if (pid !== 0 && process !== undefined) {
        const hosted = services?.filter((service) => service.pid === pid) ?? null;
        const names = hosted?.map(({ name }) => name) ?? null;
        readings.push(readingOf(process, this.#calls.readDetails(pid, modules), names));
      }
    }
    return readings;
  }
}

export function createWindowsProcesses(calls: ProcessCalls = windowsCalls): ProcessReader {
  return new WindowsProcesses(calls);
}
