// Network namespaces: which there are, what they are called, and how to open something inside one
// (namespaces(7), ip-netns(8), setns(2)). A namespace is known by its inode number.

import { closeSync, fstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { enterNetworkNamespace } from './libc.ts';
import { isGone, listProcesses, readNamespace } from './process-files.ts';

export interface NetworkNamespace {
  readonly inode: number;
  /** The one that we are in. */
  readonly isOwn: boolean;
  /** The processes inside it; any of them may end at any moment. None where a name alone holds it. */
  readonly pids: readonly number[];
  /** Files that stand for it, as long as its processes live and its name is kept. */
  readonly paths: readonly string[];
}

const namedFolder = '/run/netns';
const ownPath = '/proc/self/ns/net';

export function ownNetworkNamespace(): number {
  return readNamespace('self', 'net') ?? 0;
}

export type NamespaceKind = 'net' | 'user' | 'pid' | 'cgroup';

/** The namespaces that the machine starts with: enum init_ns_ino of linux/nsfs.h. Before that header
 * was written the one of the network could have any number. */
const initial: Readonly<Record<NamespaceKind, number>> = {
  net: 0xeffffff9,
  user: 0xeffffffd,
  pid: 0xeffffffc,
  cgroup: 0xeffffffb,
};

/** From the initial pid namespace every process is seen. */
export function inInitialPidNamespace(): boolean {
  return readNamespace('self', 'pid') === initial.pid;
}

/** Where there are kernel threads, process 2 is one: those live in the initial namespaces. */
const kernelThread = 2;

/** Whether our own namespace is the one that the machine started with; null where it can't be told. */
export function isInitialNamespace(kind: NamespaceKind): boolean | null {
  const own = readNamespace('self', kind);
  if (own === initial[kind]) return true;
  if (kind !== 'net') return false;
  const first = inInitialPidNamespace() ? readNamespace(kernelThread, 'net') : null;
  return first === null ? null : first === own;
}

/** The names that `ip netns` gave, by inode number. */
export function readNamespaceNames(): Map<number, string> {
  const names = new Map<number, string>();
  let entries: string[] = [];
  try {
    entries = readdirSync(namedFolder);
  } catch {
    return names; // nobody used `ip netns` on this machine
  }
  for (const name of entries) {
    const inode = statSync(`${namedFolder}/${name}`, { throwIfNoEntry: false })?.ino;
    if (inode !== undefined) names.set(inode, name);
  }
  return names;
}

/** Every network namespace that a process is in or a name holds; our own comes first. */
export function listNetworkNamespaces(): NetworkNamespace[] {
  const own = ownNetworkNamespace();
  const found = new Map([[own, { pids: [] as number[], paths: [ownPath] }]]);
  const of = (inode: number) => {
    const known = found.get(inode) ?? { pids: [], paths: [] };
    found.set(inode, known);
    return known;
  };
  for (const pid of listProcesses()) {
    const inode = readNamespace(pid, 'net');
    if (inode === null || inode === own) continue;
    const { pids, paths } = of(inode);
    pids.push(pid);
    paths.push(`/proc/${pid}/ns/net`);
  }
  for (const [inode, name] of readNamespaceNames()) of(inode).paths.push(`${namedFolder}/${name}`);
  return [...found].map(([inode, files]) => ({ inode, isOwn: inode === own, ...files }));
}

/** Null where the process behind the path ended, also if another has its pid by now. */
function openIfThere(path: string, inode: number): number | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
  if (fstatSync(file).ino === inode) return file;
  closeSync(file);
  return null;
}

/** The namespace is gone when all that stood for it are. */
class NamespaceGone extends Error {
  readonly code = 'ENOENT';
}

function openNamespace({ inode, paths }: NetworkNamespace): number {
  for (const path of paths) {
    const file = openIfThere(path, inode);
    if (file !== null) return file;
  }
  throw new NamespaceGone(`network namespace ${inode} has ended`);
}

/** Runs `work` with the calling thread inside the namespace. It must be synchronous and start no
 * thread (a thread started meanwhile would stay inside). Where the way back fails the process ends:
 * it would go on in a foreign network. */
export function insideNamespace<T>(namespace: NetworkNamespace, work: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    const inside = openNamespace(namespace);
    try {
      enterNetworkNamespace(inside);
    } finally {
      closeSync(inside);
    }
    try {
      return work();
    } finally {
      returnHome(home);
    }
  } finally {
    closeSync(home);
  }
}

function returnHome(home: number): void {
  try {
    enterNetworkNamespace(home);
  } catch (error) {
    process.stderr.write(`Could not return to the own network namespace: ${String(error)}\n`);
    process.abort();
  }
}
