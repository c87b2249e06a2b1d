// The way without BPF: each namespace's tables from NETLINK_SOCK_DIAG, the holders from /proc/PID/fd.

import {
  inInitialPidNamespace,
  insideNamespace,
  listNetworkNamespaces,
  type NetworkNamespace,
} from '../../../native/linux/namespaces.ts';
import { isGone } from '../../../native/linux/process-files.ts';
import {
  AF_INET,
  AF_INET6,
  type DiagMessage,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SockDiag,
} from '../../../native/linux/sock-diag.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { AddressFormatter } from '../model/address.ts';
import type { Protocol } from '../model/endpoint.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { type KernelRow, type LinuxTable, noteClosed, toOpenSocket } from './linux-rows.ts';
import type { OpenSocket } from './source.ts';

const protocols: readonly (readonly [Protocol, number])[] = [
  ['TCP', IPPROTO_TCP],
  ['UDP', IPPROTO_UDP],
];

function toRow(
  message: DiagMessage,
  protocol: Protocol,
  namespace: string,
  addresses: AddressFormatter,
): KernelRow {
  const { view } = message;
  const isIPv4 = message.family === AF_INET;
  const address = (offset: number) =>
    isIPv4 ? addresses.ipv4(view, offset) : addresses.ipv6(view, offset, message.scope);
  return {
    protocol,
    family: isIPv4 ? 'IPv4' : 'IPv6',
    state: message.state,
    localAddress: address(message.localAddress),
    localPort: message.localPort,
    remoteAddress: address(message.remoteAddress),
    remotePort: message.remotePort,
    inode: message.inode,
    namespace,
    cookie: message.cookie,
  };
}

/** Opens a sock_diag socket inside the namespace; every later dump then needs no setns. */
function openInside(namespace: NetworkNamespace): SockDiag {
  if (namespace.isOwn) return new SockDiag();
  return insideNamespace(namespace, () => new SockDiag());
}

interface DiagRows {
  readonly rows: KernelRow[];
  readonly closed: readonly string[];
  readonly notes: string[];
}

/** The kernel's rows of every namespace that can be entered. */
function readDiagRows(names: NamespaceNames): DiagRows {
  const rows: KernelRow[] = [];
  const closed: string[] = [];
  const reasons: string[] = [];
  const addresses = new AddressFormatter();
  let interrupted = false;
  for (const namespace of listNetworkNamespaces()) {
    let diag: SockDiag;
    try {
      diag = openInside(namespace);
    } catch (error) {
      if (namespace.isOwn) throw error;
      if (isGone(error)) continue;
      closed.push(names.of(namespace.inode));
      reasons.push(error instanceof Error ? error.message : String(error));
      continue;
    }
    try {
      const name = names.of(namespace.inode);
      for (const [protocol, number] of protocols) {
        for (const family of [AF_INET, AF_INET6]) {
          const visit = (message: DiagMessage) =>
            rows.push(toRow(message, protocol, name, addresses));
          interrupted = diag.dump(family, number, visit) || interrupted;
        }
      }
    } finally {
      diag.close();
    }
  }
  const notes = noteClosed(reasons);
  if (interrupted) notes.push('The kernel changed a socket table while it was being read.');
  return { rows, closed, notes };
}

export function readBySockDiag(): LinuxTable {
  const { rows, closed, notes } = readDiagRows(new NamespaceNames());
  const { byInode, denied } = readSocketHolders();
  const allSeen = denied === 0 && inInitialPidNamespace();
  const sockets: OpenSocket[] = [];
  for (const row of rows) {
    const pids = byInode.get(row.inode) ?? [];
    const holders = pids.map((pid) => ({ pid, startTime: null }));
    const socket = toOpenSocket(row, holders, allSeen);
    if (socket !== null) sockets.push(socket);
  }
  return { sockets, closed, notes };
}
