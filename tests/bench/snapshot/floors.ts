// The floors: what the parts of a snapshot cost when nothing is done with what they give.

import { openSocketTable } from '../../../native/linux/bpf/socket-table.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  IPPROTO_UDP,
  SockDiag,
} from '../../../native/linux/sock-diag.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { elapsed, type Measurement } from '../timing.ts';

/** Walks the kernel's tables and gives the number of sockets. */
export function countSockets(): number {
  const diag = new SockDiag();
  let count = 0;
  try {
    for (const protocol of [IPPROTO_TCP, IPPROTO_UDP]) {
      for (const family of [AF_INET, AF_INET6]) diag.dump(family, protocol, () => count++);
    }
    return count;
  } finally {
    diag.close();
  }
}

export interface Floors {
  readonly measurements: readonly Measurement[];
  close(): void;
}

export function openFloors(): Floors {
  const measurements: Measurement[] = [
    { name: 'floor: sock_diag dump', run: () => elapsed(countSockets) },
    { name: 'floor: scan of /proc/PID/fd', run: () => elapsed(readSocketHolders) },
  ];
  try {
    const table = openSocketTable();
    const bpf = { name: 'floor: BPF iterator', run: () => elapsed(() => table.read()) };
    return { measurements: [bpf, ...measurements], close: () => table.close() };
  } catch {
    return { measurements, close: () => {} }; // not allowed here; the page says which source was used
  }
}
