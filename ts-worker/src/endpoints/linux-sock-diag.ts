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
  decodeDump,
  dumpRequest,
  IPPROTO_UDP,
  SockDiag,
  tcpDumpRequest,
} from '../../../native/linux/sock-diag.ts';
import { AddressFormatter } from '../model/address.ts';
import type { Protocol } from '../model/endpoint.ts';
import type { HolderScanner } from './linux-holder-scanner.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { type KernelRow, type LinuxTable, noteClosed, socketMaker } from './linux-rows.ts';
import type { OpenSocket } from './source.ts';

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

/** What the kernel answered about one table of a namespace. It is decoded when the holders are known:
 * then each message becomes a socket at once, and nothing else is made of it. */
interface DiagTable {
  readonly protocol: Protocol;
  readonly namespace: string;
  readonly answers: readonly Uint8Array[];
}

const requests: readonly (readonly [Protocol, Uint8Array])[] = [
  ['TCP', tcpDumpRequest()],
  ['UDP', dumpRequest(AF_INET, IPPROTO_UDP)],
  ['UDP', dumpRequest(AF_INET6, IPPROTO_UDP)],
];

/** The tables of every namespace that can be entered. */
class DiagTables {
  readonly #names = new NamespaceNames();
  readonly #tables: DiagTable[] = [];
  readonly closed: string[] = [];
  readonly #reasons: string[] = [];
  #interrupted = false;
  /** How many sockets they have. */
  size = 0;

  read(): void {
    for (const namespace of listNetworkNamespaces()) {
      const diag = this.#open(namespace);
      if (diag === null) continue;
      try {
        for (const [protocol, request] of requests) this.#ask(diag, namespace, protocol, request);
      } finally {
        diag.close();
      }
    }
  }

  get notes(): string[] {
    const notes = noteClosed(this.#reasons);
    const note = 'The kernel changed a socket table while it was being read.';
    return this.#interrupted ? [...notes, note] : notes;
  }

  /** All sockets, as `toSocket` makes them of the rows. */
  sockets(toSocket: (row: KernelRow) => OpenSocket | null): OpenSocket[] {
    const addresses = new AddressFormatter();
    const sockets: OpenSocket[] = [];
    for (const { protocol, namespace, answers } of this.#tables) {
      const visit = (message: DiagMessage): void => {
        const socket = toSocket(toRow(message, protocol, namespace, addresses));
        if (socket !== null) sockets.push(socket);
      };
      for (const bytes of answers) decodeDump(bytes, visit);
    }
    return sockets;
  }

  /** Null where it can't be entered, or has ended. */
  #open(namespace: NetworkNamespace): SockDiag | null {
    try {
      return openInside(namespace);
    } catch (error) {
      if (namespace.isOwn) throw error;
      if (isGone(error)) return null;
      this.closed.push(this.#names.of(namespace.inode));
      this.#reasons.push(error instanceof Error ? error.message : String(error));
      return null;
    }
  }

  #ask(diag: SockDiag, { inode }: NetworkNamespace, protocol: Protocol, request: Uint8Array): void {
    const answers: Uint8Array[] = [];
    const count = () => {
      this.size += 1;
    };
    const take = (bytes: Uint8Array) => {
      answers.push(bytes.slice());
      return decodeDump(bytes, count);
    };
    this.#interrupted = diag.ask(request, take) || this.#interrupted;
    this.#tables.push({ protocol, namespace: this.#names.of(inode), answers });
  }
}

export class SockDiagTable {
  readonly name = 'SockDiag';
  readonly hint = 'It needs a kernel with CONFIG_INET_DIAG, and /proc of all processes.';
  readonly #scanner: HolderScanner;

  constructor(scanner: HolderScanner) {
    this.#scanner = scanner;
  }

  async read(): Promise<LinuxTable> {
    const tables = new DiagTables();
    tables.read();
    const holders = await this.#scanner.read(tables.size);
    const allSeen = holders.denied === 0 && inInitialPidNamespace();
    const sockets = tables.sockets(socketMaker(holders, allSeen));
    return { sockets, closed: tables.closed, notes: tables.notes };
  }

  close(): void {
    this.#scanner.close();
  }
}
