// Linux: the best way that works here. BPF reads every namespace with every holder at once;
// sock_diag with /proc/PID/fd needs no rights for our own processes; /proc/net is the last resort.

import { effectiveUser } from '../../../native/linux/libc.ts';
import { PortReporterError } from '../model/error.ts';
import { createBpfTable } from './linux-bpf.ts';
import { readByProcNet } from './linux-proc-net.ts';
import { type LinuxTable, readBySockDiag } from './linux-sock-diag.ts';
import type { EndpointReader, SocketTable, TableOptions } from './source.ts';

interface Way {
  readonly name: string;
  read(): LinuxTable;
  close(): void;
}

const nothingHeld = (): void => {};

class LinuxEndpoints implements EndpointReader {
  readonly #ways: readonly Way[] = [
    createBpfTable(),
    { name: 'SockDiag', read: readBySockDiag, close: nothingHeld },
    { name: 'ProcNet', read: readByProcNet, close: nothingHeld },
  ];

  read(options: TableOptions): SocketTable {
    const refusals: string[] = [];
    for (const way of this.#chosen(options.source)) {
      const start = Date.now();
      try {
        const { sockets, notes } = way.read();
        const said = [`Read by ${way.name}.`, ...refusals, ...notes];
        const elevated = effectiveUser() === 0;
        return { source: way.name, start, end: Date.now(), sockets, elevated, notes: said };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        refusals.push(`${way.name} can't be used: ${reason}`);
      }
    }
    throw new PortReporterError(
      options.source === null ? 'PR_TABLE_UNREADABLE' : 'PR_SOURCE_UNAVAILABLE',
      `The tables of open sockets could not be read. ${refusals.join('; ')}`,
      { hint: 'Is /proc mounted, and may this process read it?' },
    );
  }

  #chosen(source: string | null): readonly Way[] {
    if (source === null) return this.#ways;
    const named = this.#ways.filter((way) => way.name.toLowerCase() === source.toLowerCase());
    if (named.length > 0) return named;
    const names = this.#ways.map((way) => way.name).join(', ');
    throw new PortReporterError(
      'PR_SOURCE_UNAVAILABLE',
      `'${source}' is no way to read sockets on Linux; there are ${names}.`,
      { target: source },
    );
  }

  close(): void {
    for (const way of this.#ways) way.close();
  }
}

export function createLinuxEndpoints(): EndpointReader {
  return new LinuxEndpoints();
}
