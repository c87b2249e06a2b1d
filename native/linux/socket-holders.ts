// Which processes have which sockets open, from the links in /proc/PID/fd (proc(5)): the way without
// BPF. A link to a socket reads `socket:[inode]`.

import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { readLinkAt } from './libc.ts';
import { isGone, listProcesses } from './process-files.ts';

export interface SocketHolders {
  /** Process ids by the socket's inode number. */
  readonly byInode: ReadonlyMap<number, readonly number[]>;
  /** How many processes could not be looked into. */
  readonly denied: number;
}

function inodeOf(link: string): number {
  return link.startsWith('socket:[') ? Number(link.slice(8, -1)) : 0;
}

function addHolder(byInode: Map<number, number[]>, inode: number, pid: number): void {
  const pids = byInode.get(inode);
  if (pids === undefined) byInode.set(inode, [pid]);
  else if (pids.at(-1) !== pid) pids.push(pid); // several descriptors of one process
}

/** Long enough for a socket's; others may be cut. */
const link = Buffer.alloc(32);

function readDescriptors(byInode: Map<number, number[]>, pid: number): void {
  const path = `/proc/${pid}/fd`;
  const folder = openSync(path, 'r');
  try {
    for (const name of readdirSync(path)) {
      const inode = readInode(path, folder, name);
      if (inode !== 0) addHolder(byInode, inode, pid);
    }
  } finally {
    closeSync(folder);
  }
}

function readInode(path: string, folder: number, name: string): number {
  const length = readLinkAt(folder, name, link);
  try {
    // Where it failed, Node's call says why.
    const text = length < 0 ? readlinkSync(`${path}/${name}`) : link.toString('latin1', 0, length);
    return inodeOf(text);
  } catch (error) {
    if (!isGone(error)) throw error;
    return 0; // a descriptor that was closed meanwhile is no holder
  }
}

export function readSocketHolders(): SocketHolders {
  const byInode = new Map<number, number[]>();
  let denied = 0;
  for (const pid of listProcesses()) {
    try {
      readDescriptors(byInode, pid);
    } catch (error) {
      if (!isGone(error)) denied += 1;
    }
  }
  return { byInode, denied };
}
