// The floors: what the parts of a snapshot cost when nothing is done with what they give.

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
  ports: 'floor: BPF, the port tables',
  sockDiag: 'floor: sock_diag dump',
  descriptors: 'floor: scan of /proc/PID/fd',
} as const;

export function openFloors(): Floors {
  const measurements: Measurement[] = [
    { name: floorNames.sockDiag, run: () => elapsed(countSockets) },
    { name: floorNames.descriptors, run: () => elapsed(readSocketHolders) },
  ];
  try {
    const [holders, ports] = [new SocketTable(), new PortTables()];
    const nothing = () => {};
    const readPorts = () => ports.read(listNetworkNamespaces(), nothing, nothing);
    const bpf = [
      { name: floorNames.holders, run: () => elapsed(() => holders.read(nothing)) },
      { name: floorNames.ports, run: () => elapsed(readPorts) },
    ];
    const close = () => {
      holders.close();
      ports.close();
    };
    return { measurements: [...bpf, ...measurements], close };
  } catch {
    return { measurements, close: () => {} }; // not allowed here; the page says which source was used
  }
}
