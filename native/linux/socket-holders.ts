// Which processes have which sockets open, from the links in /proc/PID/fd (proc(5)): the way without
// BPF. A link to a socket reads `socket:[inode]`. The work comes in parts, which several threads can
// take from one list.

import { closeSync, openSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { HoldersByInode } from './holders-by-inode.ts';
import { readLinkAt } from './libc.ts';
import { isGone, listProcesses } from './process-files.ts';

export interface SocketHolders {
  readonly byInode: HoldersByInode;
  /** How many processes could not be looked into. */
  readonly denied: number;
}

/** Descriptors of one process: all of them, or where they are very many the even or the odd ones. */
export interface DescriptorPart {
  readonly pid: number;
  readonly half: 'even' | 'odd' | null;
}

/** What one thread found. */
export interface DescriptorScan {
  /** Inode number of a socket, and process id, one pair after the other. */
  readonly pairs: Uint32Array<ArrayBuffer>;
  readonly denied: number;
  /** How many parts it took. */
  readonly parts: number;
}

/** How many descriptors are open, which the folder's size tells since Linux 6.2 and is 0 before. */
function countDescriptors(pid: number | 'self'): number {
  try {
    return statSync(`/proc/${pid}/fd`).size;
  } catch {
    return 1; // the scan will see why
  }
}

/** All there is to scan, what takes longest first. A process without descriptors (most are kernel
 * threads) is left out where they can be counted; one with more than `most` comes in halves. */
export function listParts(most = Number.POSITIVE_INFINITY): DescriptorPart[] {
  const isCounted = countDescriptors('self') > 0;
  const all = listProcesses().map((pid) => ({ pid, count: countDescriptors(pid) }));
  const open = isCounted ? all.filter(({ count }) => count > 0) : all;
  open.sort((a, b) => b.count - a.count);
  return open.flatMap(({ pid, count }): DescriptorPart[] =>
    count > most
      ? [
          { pid, half: 'even' },
          { pid, half: 'odd' },
        ]
      : [{ pid, half: null }],
  );
}

class Pairs {
  #numbers = new Uint32Array(1024);
  #length = 0;

  add(inode: number, pid: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = inode;
    this.#numbers[this.#length++] = pid;
  }

  get all(): Uint32Array<ArrayBuffer> {
    return this.#numbers.slice(0, this.#length);
  }
}

/** Long enough for a socket's; others may be cut. */
const link = Buffer.alloc(32);
const beginning = Buffer.from('socket:[');

/** 0 where the link is no socket's. */
function inodeOf(length: number): number {
  if (link.compare(beginning, 0, beginning.length, 0, beginning.length) !== 0) return 0;
  let inode = 0;
  for (let at = beginning.length; at < length - 1; at++) {
    inode = inode * 10 + (link[at] ?? 0) - 0x30;
  }
  return inode;
}

function readInode(path: string, folder: number, name: string): number {
  const length = readLinkAt(folder, name, link);
  if (length >= 0) return inodeOf(length);
  try {
    return inodeOf(link.write(readlinkSync(`${path}/${name}`), 'latin1')); // or it says why not
  } catch (error) {
    if (!isGone(error)) throw error;
    return 0; // a descriptor that was closed meanwhile is no holder
  }
}

const isOdd = (name: string): boolean => (name.charCodeAt(name.length - 1) & 1) === 1;

function readDescriptors({ pid, half }: DescriptorPart, pairs: Pairs): void {
  const path = `/proc/${pid}/fd`;
  const folder = openSync(path, 'r');
  try {
    for (const name of readdirSync(path)) {
      if (half !== null && isOdd(name) !== (half === 'odd')) continue;
      const inode = readInode(path, folder, name);
      if (inode !== 0) pairs.add(inode, pid);
    }
  } finally {
    closeSync(folder);
  }
}

/** Takes parts until none is left. `next[0]`, which may be shared, is the number of the next one. */
export function scanParts(parts: readonly DescriptorPart[], next: Int32Array): DescriptorScan {
  const pairs = new Pairs();
  let denied = 0;
  for (let taken = 0; ; taken++) {
    const part = parts[Atomics.add(next, 0, 1)];
    if (part === undefined) return { pairs: pairs.all, denied, parts: taken };
    try {
      readDescriptors(part, pairs);
    } catch (error) {
      if (!isGone(error) && part.half !== 'odd') denied += 1; // the even half counts for both
    }
  }
}

/** What all threads found. */
export function gatherHolders(scans: readonly DescriptorScan[]): SocketHolders {
  const byInode = new HoldersByInode(scans.map(({ pairs }) => pairs));
  return { byInode, denied: scans.reduce((sum, { denied }) => sum + denied, 0) };
}

export function readSocketHolders(): SocketHolders {
  return gatherHolders([scanParts(listParts(), new Int32Array(1))]);
}
