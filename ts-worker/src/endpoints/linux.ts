// Linux: the best way that works here. BPF reads every namespace with every holder at once;
// sock_diag with /proc/PID/fd needs no rights for our own processes; /proc/net is the last resort.

import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { effectiveUser } from '../../../native/linux/libc.ts';
import { PortReporterError } from '../model/error.ts';
import { BpfTable } from './linux-bpf.ts';
import { HolderScanner } from './linux-holder-scanner.ts';
import { readByProcNet } from './linux-proc-net.ts';
import type { LinuxTable } from './linux-rows.ts';
import { SockDiagTable } from './linux-sock-diag.ts';
import type { EndpointReader, SocketTable, TableOptions } from './source.ts';

type WayOptions = Required<Pick<TableOptions, 'named' | 'timeWaits' | 'onHeld'>>;

interface Way {
  readonly name: string;
  /** It is part of another way, which takes it where it must; whoever names it has it alone. */
  readonly isOnlyNamed?: boolean;
  read(options: WayOptions): LinuxTable | Promise<LinuxTable>;
  close(): void;
  /** What to look at where this way, being the only one, can't be used. */
  readonly hint: string;
}

const nothingHeld = (): void => {};

/** What the system refuses has a code. Anything else is a fault of ours and must be seen. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof BpfUnavailable ||
  (error instanceof Error && 'code' in error && typeof error.code === 'string');

const procHint = 'Is /proc mounted, and may this process read it?';

class LinuxEndpoints implements EndpointReader {
  readonly #ways: readonly Way[];

  constructor(ways: readonly Way[]) {
    this.#ways = ways;
  }

  async read(options: TableOptions): Promise<SocketTable> {
    const { source, named = false, timeWaits = true, onHeld = nothingHeld } = options;
    const ways = this.#chosen(source);
    const refusals: string[] = [];
    for (const way of ways) {
      const start = Date.now();
      try {
        const table = await way.read({ named, timeWaits, onHeld });
        const { sockets, closed, notes, showsTimeWaits = true } = table;
        const said = [`Read by ${way.name}.`, ...refusals, ...notes];
        const elevated = effectiveUser() === 0;
        const read = { source: way.name, start, end: Date.now(), sockets, closed };
        return { ...read, showsTimeWaits, elevated, notes: said };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refusals.push(`${way.name} can't be used: ${error.message}`);
      }
    }
    throw new PortReporterError(
      source === null ? 'PR_TABLE_UNREADABLE' : 'PR_SOURCE_UNAVAILABLE',
      `The tables of open sockets could not be read. ${refusals.join('; ')}`,
      { hint: ways.at(-1)?.hint ?? procHint },
    );
  }

  #chosen(source: string | null): readonly Way[] {
    if (source === null) return this.#ways.filter((way) => way.isOnlyNamed !== true);
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

/** `threadFile`: the bundled worker, where threads may help; they run the same file. */
export function allWays(threadFile: string | null = null): Way[] {
  return [
    new BpfTable(),
    new BpfTable('BpfIterators'),
    new SockDiagTable(new HolderScanner(threadFile)),
    { name: 'ProcNet', read: readByProcNet, close: nothingHeld, hint: procHint },
  ];
}

/** `ways` in the place of those there are, for tests. */
export function createLinuxEndpoints(ways = allWays()): EndpointReader {
  return new LinuxEndpoints(ways);
}
