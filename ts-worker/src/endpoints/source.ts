// The seam between platforms: whatever can read the table of open sockets stands behind this.

import type { Endpoint } from '../model/endpoint.ts';
import type { SocketColumns } from './socket-columns.ts';

/** A process that has the endpoint's socket open. */
export interface Holder {
  readonly pid: number;
  /** When the process started, in milliseconds since the epoch, where the table itself says it. */
  readonly startTime: number | null;
}

/** A row of the table before its owner is chosen. */
export interface OpenSocket extends Endpoint {
  /** The kernel's own name for the socket, the same for its whole life; null where it has none,
   * or none yet (TableOptions). */
  readonly cookie: number | null;
  readonly holders: readonly Holder[];
  /** True for rows that have no process by their nature (TIME_WAIT, half-open, kernel sockets):
   * an empty `holders` is then the truth and not a lack of rights. */
  readonly ownerless: boolean;
  /** The one service behind the socket where the system knows it (a shared svchost). */
  readonly service: string | null;
}

export interface SocketTable<Sockets extends Iterable<OpenSocket> = Iterable<OpenSocket>> {
  /** The way that was taken, as `-Verbose` names it. */
  readonly source: string;
  /** Milliseconds since the epoch. No table read is atomic: it began then and ended then. */
  readonly start: number;
  readonly end: number;
  /** SocketColumns, where there may be very many. */
  readonly sockets: Sockets;
  /** Network namespaces that could not be entered: rows without a holder are missing there, all of
   * them where `source` is not Bpf. */
  readonly closed: readonly string[];
  /** Whether what is in TIME_WAIT is among them: it is where this is left out. */
  readonly showsTimeWaits?: boolean;
  /** Whether we run with all rights (root, an elevated shell): if not, more rights show more. */
  readonly elevated: boolean;
  /** Said once to the user with -Verbose: why not a better way, what could not be entered. */
  readonly notes: readonly string[];
}

/** Told again and again, while more are read, of the sockets known so far. */
export type HeldListener = (sockets: SocketColumns) => void;

export interface TableOptions {
  /** Force one way (tests and measurements do); null takes the best that works. */
  readonly source: string | null;
  /** Whether each socket that can have a cookie must have it, for who knows sockets again by it. The
   * kernel gives one when it is first asked to, which takes longer. */
  readonly named?: boolean;
  /** False where what is in TIME_WAIT need not be told; not every way can leave it out. */
  readonly timeWaits?: boolean;
  /** Not every way calls it. */
  readonly onHeld?: HeldListener;
}

export interface EndpointReader {
  read(options: TableOptions): SocketTable | Promise<SocketTable>;
  /** Gives back what is held open between reads (descriptors, loaded programs). */
  close(): void;
}
