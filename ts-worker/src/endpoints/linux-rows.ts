// What the three ways of reading on Linux share: kernel numbers to the model's words, and which rows
// of the kernel's tables are endpoints at all.

import type { SocketHolders } from '../../../native/linux/socket-holders.ts';
import type { AddressFamily, Protocol, State } from '../model/endpoint.ts';
import type { Holder, OpenSocket } from './source.ts';

/** The kernel's TCP states (include/net/tcp_states.h) by number. */
const tcpStates: readonly (State | undefined)[] = [
  undefined,
  'Established',
  'SynSent',
  'SynReceived',
  'FinWait1',
  'FinWait2',
  'TimeWait',
  'Closed',
  'CloseWait',
  'LastAck',
  'Listen',
  'Closing',
  'SynReceived', // TCP_NEW_SYN_RECV
  'Bound', // TCP_BOUND_INACTIVE, since Linux 6.8
];
const TCP_CLOSE = 7;
const TCP_LISTEN = 10;
const TCP_BOUND_INACTIVE = 13;

/** A socket as the kernel tells it, whichever way it was asked. */
export interface KernelRow {
  readonly protocol: Protocol;
  readonly family: AddressFamily;
  /** The kernel's number of the state. */
  readonly state: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 0 where no process can have it open. */
  readonly inode: number;
  readonly namespace: string;
  /** SO_COOKIE of socket(7); null where it was not told. */
  readonly cookie: number | null;
}

/** A TCP socket that is neither connected nor listening is `Bound` while it holds a port. */
export function tcpState(number: number): State {
  return number === TCP_CLOSE ? 'Bound' : (tcpStates[number] ?? 'Closed');
}

/** `number` is the kernel's, also of a UDP socket. */
export const stateOf = (protocol: Protocol, number: number): State =>
  protocol === 'UDP' ? 'Bound' : tcpState(number);

/** Whether a socket has another end: listeners and what is only bound have none, nor has a UDP socket
 * that is not connected. `state` is the kernel's number. */
export function hasRemote(protocol: Protocol, state: number, remotePort: number): boolean {
  if (protocol === 'UDP') return remotePort !== 0 || state !== TCP_CLOSE;
  return state !== TCP_CLOSE && state !== TCP_LISTEN && state !== TCP_BOUND_INACTIVE;
}

/** Null for a socket without a local port: it stands in no table that a peer could reach.
 * `allSeen`: every process of the machine was looked into, so what none of them holds is the
 * kernel's own or was just closed. */
export function toOpenSocket(
  row: KernelRow,
  holders: readonly Holder[],
  allSeen: boolean,
): OpenSocket | null {
  if (row.localPort === 0) return null;
  const state = stateOf(row.protocol, row.state);
  const isConnected = hasRemote(row.protocol, row.state, row.remotePort);
  return {
    protocol: row.protocol,
    family: row.family,
    localAddress: row.localAddress,
    localPort: row.localPort,
    remoteAddress: isConnected ? row.remoteAddress : null,
    remotePort: isConnected ? row.remotePort : null,
    state,
    namespace: row.namespace,
    cookie: row.cookie,
    holders,
    ownerless: holders.length === 0 && (allSeen || row.inode === 0),
    service: null,
  };
}

/** Makes sockets of rows, with the holders that were read after them. All sockets that one process has
 * for itself have one list. */
export function socketMaker(
  { byInode }: SocketHolders,
  allSeen: boolean,
): (row: KernelRow) => OpenSocket | null {
  const lists = new Map<readonly number[], readonly Holder[]>();
  const holdersOf = (pids: readonly number[]): readonly Holder[] => {
    const holders = lists.get(pids) ?? pids.map((pid) => ({ pid, startTime: null }));
    lists.set(pids, holders);
    return holders;
  };
  return (row) => toOpenSocket(row, holdersOf(byInode.get(row.inode)), allSeen);
}

export interface LinuxTable {
  readonly sockets: Iterable<OpenSocket>;
  /** Names of the network namespaces that could not be entered. */
  readonly closed: readonly string[];
  readonly notes: string[];
  /** As in SocketTable. */
  readonly showsTimeWaits?: boolean;
}

/** Says once how many namespaces stayed closed, and why. */
export function noteClosed(closed: readonly string[], what = 'their endpoints are'): string[] {
  if (closed.length === 0) return [];
  const [first] = closed;
  return [
    `${closed.length} network namespace(s) could not be entered, so ${what} missing ` +
      `(${first}); run as root to see them.`,
  ];
}
