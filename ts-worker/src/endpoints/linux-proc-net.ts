// The last resort: /proc/net, the tables as text, with the holders from /proc/PID/fd. It needs no
// system call that could be forbidden. It knows no scope ids and no sockets that are only bound.

import {
  inInitialPidNamespace,
  listNetworkNamespaces,
  type NetworkNamespace,
} from '../../../native/linux/namespaces.ts';
import { type ProcNetLine, readProcNet } from '../../../native/linux/proc-net.ts';
import { isGone, readNamespace } from '../../../native/linux/process-files.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { formatIPv4, formatIPv6 } from '../model/address.ts';
import type { AddressFamily, Protocol } from '../model/endpoint.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { type KernelRow, type LinuxTable, socketMaker } from './linux-rows.ts';

interface Table {
  readonly file: string;
  readonly protocol: Protocol;
  readonly family: AddressFamily;
}

const tables: readonly Table[] = [
  { file: 'tcp', protocol: 'TCP', family: 'IPv4' },
  { file: 'tcp6', protocol: 'TCP', family: 'IPv6' },
  { file: 'udp', protocol: 'UDP', family: 'IPv4' },
  { file: 'udp6', protocol: 'UDP', family: 'IPv6' },
];

function toRow(line: ProcNetLine, table: Table, namespace: string): KernelRow {
  const format = table.family === 'IPv4' ? formatIPv4 : formatIPv6;
  return {
    protocol: table.protocol,
    family: table.family,
    state: line.state,
    localAddress: format(line.localAddress),
    localPort: line.localPort,
    remoteAddress: format(line.remoteAddress),
    remotePort: line.remotePort,
    inode: line.inode,
    namespace,
    cookie: null,
  };
}

/** A machine without IPv6 has no tcp6; that is no fault. */
function readTable(pid: number | 'self', table: Table): ProcNetLine[] {
  try {
    return readProcNet(pid, table.file);
  } catch (error) {
    if (table.family === 'IPv6') return [];
    throw error;
  }
}

/** Its four tables as one of its processes sees them. */
function readRows({ inode, isOwn, pids }: NetworkNamespace, names: NamespaceNames): KernelRow[] {
  const read = (pid: number | 'self') =>
    tables.flatMap((table) =>
      readTable(pid, table).map((line) => toRow(line, table, names.of(inode))),
    );
  if (isOwn) return read('self');
  for (const pid of pids) {
    if (readNamespace(pid, 'net') !== inode) continue; // it ended, or its pid is another's by now
    try {
      return read(pid);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  if (pids.length > 0) return []; // it ended with its last process
  throw new Error('no process is in it');
}

function readAllRows(names: NamespaceNames, closed: string[]): KernelRow[] {
  const rows: KernelRow[][] = [];
  for (const namespace of listNetworkNamespaces()) {
    try {
      rows.push(readRows(namespace, names));
    } catch (error) {
      if (namespace.isOwn) throw error;
      closed.push(names.of(namespace.inode));
    }
  }
  return rows.flat();
}

export function readByProcNet(): LinuxTable {
  const closed: string[] = [];
  const rows = readAllRows(new NamespaceNames(), closed);
  const { length } = closed;
  const note = `${length} network namespace(s) could not be read, so their endpoints are missing.`;
  const holders = readSocketHolders();
  const allSeen = holders.denied === 0 && inInitialPidNamespace();
  const toSocket = socketMaker(holders, allSeen);
  const sockets = rows.flatMap((row) => toSocket(row) ?? []);
  return { sockets, closed, notes: length > 0 ? [note] : [] };
}
