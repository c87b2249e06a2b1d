// What stands behind both ways of walking by BPF.

import type { RecordsVisitor } from '../../../native/linux/bpf/iterator-reader.ts';
import type { PortsAsked } from '../../../native/linux/bpf/port-hashes.ts';

/** What the walk over the port tables says of itself. */
export interface PortsRead {
  /** Names of the network namespaces that could not be entered. */
  readonly closed: readonly string[];
  readonly notes: string[];
  readonly showsTimeWaits: boolean;
}

/** The two walks. All throw BpfUnavailable where this machine does not allow them. */
export interface TwoWalks {
  /** Over the files: their records, as socket-record.ts reads them. */
  readHeld(visit: RecordsVisitor): Promise<void>;
  /** The same once more, each with its inode number. */
  readHeldAgain(visit: RecordsVisitor): Promise<void>;
  /** Over the port tables, less what the last walk over the files met: as port-record.ts reads them. Not
   * each can leave something out. */
  readPorts(visit: RecordsVisitor, asked: PortsAsked): Promise<PortsRead>;
  close(): void;
}
