// The floors: what the parts of a snapshot cost when nothing is done with what they give.

import { FileWalk } from '../../../native/linux/bpf/file-walk.ts';
import { PortHashes } from '../../../native/linux/bpf/port-hashes.ts';
import { PortTables } from '../../../native/linux/bpf/port-tables.ts';
import { SocketTable } from '../../../native/linux/bpf/socket-table.ts';
import { listNetworkNamespaces } from '../../../native/linux/namespaces.ts';
import {
  AF_INET,
  AF_INET6,
  decodeDump,
  dumpRequest,
  IPPROTO_UDP,
  SockDiag,
  tcpDumpRequest,
} from '../../../native/linux/sock-diag.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { elapsed, type Measurement } from '../timing.ts';

const requests = [
  tcpDumpRequest(),
  dumpRequest(AF_INET, IPPROTO_UDP),
  dumpRequest(AF_INET6, IPPROTO_UDP),
];

/** Walks the kernel's tables and gives the number of sockets. */
export function countSockets(): number {
  const diag = new SockDiag();
  let count = 0;
  const visit = () => count++;
  try {
    for (const request of requests) diag.ask(request, (bytes) => decodeDump(bytes, visit));
    return count;
  } finally {
    diag.close();
  }
}

export interface Floors {
  readonly measurements: readonly Measurement[];
  close(): void;
}

/** The names under which the page looks them up. */
export const floorNames = {
  holders: 'floor: BPF, all sockets with their holders',
  ports: 'floor: BPF, the rest of the port tables',
  holdersByIterator: 'floor: BPF iterator, all sockets with their holders',
  portsByIterators: 'floor: BPF iterators, the rest of the port tables',
  sockDiag: 'floor: sock_diag dump',
  descriptors: 'floor: scan of /proc/PID/fd',
} as const;

export function openFloors(): Floors {
  const measurements: Measurement[] = [
    { name: floorNames.sockDiag, run: () => elapsed(countSockets) },
    { name: floorNames.descriptors, run: () => elapsed(readSocketHolders) },
  ];
  const open: { close(): void }[] = [];
  const close = () => {
    for (const each of open.splice(0)) each.close();
  };
  const nothing = () => {};
  try {
    const files = new FileWalk();
    open.push(files);
    const hashes = new PortHashes(files.met);
    open.push(hashes);
    const table = new SocketTable();
    open.push(table);
    const ports = new PortTables(table.met);
    open.push(ports);
    const readPorts = () => ports.read(listNetworkNamespaces(), nothing, nothing);
    const bpf = [
      { name: floorNames.holders, run: () => elapsed(() => files.read(nothing)) },
      { name: floorNames.ports, run: () => elapsed(() => hashes.read(nothing)) },
      { name: floorNames.holdersByIterator, run: () => elapsed(() => table.read(nothing)) },
      { name: floorNames.portsByIterators, run: () => elapsed(readPorts) },
    ];
    return { measurements: [...bpf, ...measurements], close };
  } catch {
    close();
    return { measurements, close }; // not allowed here; the page says which source was used
  }
}
