// The last resort: /proc/net, the tables as text, with the holders from /proc/PID/fd. It needs no
// system call that could be forbidden. It knows no scope ids and no sockets that are only bound.

import { inInitialPidNamespace, listNetworkNamespaces } from '../../../native/linux/namespaces.ts';
import { type ProcNetLine, readProcNet } from '../../../native/linux/proc-net.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { formatIPv4, formatIPv6 } from '../model/address.ts';
import type { AddressFamily, Protocol } from '../model/endpoint.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { type KernelRow, toOpenSocket } from './linux-rows.ts';
import type { LinuxTable } from './linux-sock-diag.ts';
import type { OpenSocket } from './source.ts';

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

function readAllRows(names: NamespaceNames, notes: string[]): KernelRow[] {
  const rows: KernelRow[] = [];
  let closed = 0;
  for (const namespace of listNetworkNamespaces()) {
    const own = namespace.path === '/proc/self/ns/net';
    const pid = own ? 'self' : namespace.pid;
    if (pid === null) {
      closed += 1;
      continue;
    }
    try {
      for (const table of tables) {
        for (const line of readTable(pid, table)) {
          rows.push(toRow(line, table, names.of(namespace.inode)));
        }
      }
    } catch (error) {
      if (own) throw error;
      closed += 1;
    }
  }
  if (closed > 0) {
    notes.push(`${closed} network namespace(s) could not be read, so their endpoints are missing.`);
  }
  return rows;
}

export function readByProcNet(): LinuxTable {
  const notes: string[] = [];
  const rows = readAllRows(new NamespaceNames(), notes);
  const { byInode, denied } = readSocketHolders();
  const allSeen = denied === 0 && inInitialPidNamespace();
  const sockets: OpenSocket[] = [];
  for (const row of rows) {
    const pids = byInode.get(row.inode) ?? [];
    const socket = toOpenSocket(
      row,
      pids.map((pid) => ({ pid, startTime: null })),
      allSeen,
    );
    if (socket !== null) sockets.push(socket);
  }
  return { sockets, notes };
}
