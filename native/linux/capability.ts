// Tries what the ways of reading and watching need, one thing at a time, and leaves no trace. Each
// function gives what it found, for people (null: nothing more to tell), and throws where the thing
// can't be used; the message is then one plain sentence that says why.

import { closeSync, opendirSync, openSync, readlinkSync, readSync } from 'node:fs';
import { findCgroupRoot } from './bpf/cgroup-root.ts';
import { ClosedSockets } from './closed-sockets.ts';
import { effectiveUser } from './libc.ts';
import {
  insideNamespace,
  isInitialNamespace,
  listNetworkNamespaces,
  type NamespaceKind,
  type NetworkNamespace,
} from './namespaces.ts';
import { isGone, listProcesses, readStat } from './process-files.ts';
import { type Capability, missingCapabilities, readLockdown } from './rights.ts';
import { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SockDiag } from './sock-diag.ts';

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);

const wanted: readonly Capability[] = [
  'CAP_BPF',
  'CAP_PERFMON',
  'CAP_NET_ADMIN',
  'CAP_SYS_ADMIN',
  'CAP_SYS_PTRACE',
];

export function tryRights(): string {
  const user = effectiveUser() === 0 ? 'root' : `user ${effectiveUser()}`;
  const missing = missingCapabilities(wanted);
  if (missing.length === 0) return user;
  throw new Error(`PortReporter runs as ${user} without ${missing.join(', ')}`);
}

export function tryLockdown(): string | null {
  const mode = readLockdown();
  if (mode !== 'confidentiality') return mode;
  throw new Error('the kernel is locked down (lockdown=confidentiality)');
}

const nestedMeans: Readonly<Record<NamespaceKind, string>> = {
  pid: 'processes outside it are not seen',
  user: 'its root has no rights over what is outside it',
  cgroup: 'UDP sockets outside it are seen only when they send, or in the tables',
  net: "what is called 'default' is this one, and not the machine's",
};

export function tryNamespace(kind: NamespaceKind): string {
  const isInitial = isInitialNamespace(kind);
  if (isInitial === null) return 'initial or nested: that can not be told from here';
  if (isInitial) return 'initial';
  throw new Error(`PortReporter runs in a nested ${kind} namespace: ${nestedMeans[kind]}`);
}

/** What is attached to the root of a nested cgroup namespace sees what is below that. */
export function tryCgroup(): string {
  const root = findCgroupRoot();
  const isInitial = isInitialNamespace('cgroup') !== false;
  return isInitial ? root : `${root}, nested: ${nestedMeans.cgroup}`;
}

/** Every pid namespace has a process 1. */
export function tryProc(): string {
  if (readStat(process.pid) === null) throw new Error('/proc is not mounted');
  if (readStat(1) === null) throw new Error("/proc hides other users' processes (hidepid)");
  return `${listProcesses().length} processes`;
}

/** To follow one link tells whether all may be followed. */
function canSeeDescriptors(pid: number): boolean {
  try {
    const folder = opendirSync(`/proc/${pid}/fd`, { bufferSize: 1 });
    try {
      const first = folder.readSync();
      if (first !== null) readlinkSync(`/proc/${pid}/fd/${first.name}`);
    } finally {
      folder.closeSync();
    }
    return true;
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(codeOf(error)); // it ended, or closed it
  }
}

export function tryDescriptors(): string {
  const processes = listProcesses().filter((pid) => readStat(pid)?.isKernelThread === false);
  const denied = processes.filter((pid) => !canSeeDescriptors(pid)).length;
  if (denied === 0) return `${processes.length} processes`;
  throw new Error(`the open files of ${denied} of ${processes.length} processes can't be seen`);
}

const ownTable = '/proc/self/net/tcp';

export function tryProcNet(): null {
  try {
    const table = openSync(ownTable, 'r');
    try {
      readSync(table, new Uint8Array(1));
      return null;
    } finally {
      closeSync(table);
    }
  } catch (error) {
    throw new Error(`${ownTable} can't be read: ${codeOf(error)}`);
  }
}

/** TCP_LISTEN, include/net/tcp_states.h: few sockets to tell of, whatever the machine has. */
const listening = 1 << 10;

export function trySockDiag(): null {
  const diag = new SockDiag();
  try {
    for (const protocol of [IPPROTO_TCP, IPPROTO_UDP]) {
      for (const family of [AF_INET, AF_INET6]) diag.dump(family, protocol, () => {}, listening);
    }
    return null;
  } finally {
    diag.close();
  }
}

/** Those of other network namespaces are heard inside them, so that it takes setns(2). */
export function tryDestroyNotices(): string {
  new ClosedSockets().close();
  return missingCapabilities(['CAP_SYS_ADMIN']).length > 0
    ? "of PortReporter's own network namespace only"
    : 'of all network namespaces';
}

function whyClosed(namespace: NetworkNamespace): string | null {
  try {
    insideNamespace(namespace, () => {});
    return null;
  } catch (error) {
    return isGone(error) ? null : messageOf(error);
  }
}

export function trySetns(): string {
  if (missingCapabilities(['CAP_SYS_ADMIN']).length > 0) throw new Error('it needs CAP_SYS_ADMIN');
  const all = listNetworkNamespaces();
  const others = all.filter(({ isOwn }) => !isOwn);
  const tried = others.length > 0 ? others : all;
  const refusals = tried.flatMap((namespace) => whyClosed(namespace) ?? []);
  const [reason] = refusals;
  if (reason !== undefined) {
    throw new Error(`${refusals.length} of ${tried.length} can't be entered: ${reason}`);
  }
  return others.length === 0 ? 'there is no other' : `${others.length} beside its own`;
}
