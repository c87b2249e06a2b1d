// The walks of the kernel's iterators, for older kernels, for pid namespaces, and for who needs the cookie
// of each socket: they give one to those that have none.

import type { RecordsVisitor } from '../../../native/linux/bpf/iterator-reader.ts';
import { PortTables } from '../../../native/linux/bpf/port-tables.ts';
import { SocketTable } from '../../../native/linux/bpf/socket-table.ts';
import { listNetworkNamespaces } from '../../../native/linux/namespaces.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { noteClosed } from './linux-rows.ts';
import type { PortsRead, TwoWalks } from './linux-two-walks.ts';

/** What a namespace lacks that can't be entered. */
const missing = 'what no process holds there (TIME_WAIT, half-open) is';

export class BpfIterators implements TwoWalks {
  readonly #files: SocketTable;
  readonly #ports: PortTables;

  constructor() {
    this.#files = new SocketTable();
    try {
      this.#ports = new PortTables(this.#files.met);
    } catch (error) {
      this.#files.close();
      throw error;
    }
  }

  async readHeld(visit: RecordsVisitor): Promise<void> {
    await this.#files.read(visit);
  }

  async readHeldAgain(visit: RecordsVisitor): Promise<void> {
    await this.#files.read(visit);
  }

  async readPorts(visit: RecordsVisitor): Promise<PortsRead> {
    const names = new NamespaceNames();
    const closed: string[] = [];
    const reasons: string[] = [];
    await this.#ports.read(listNetworkNamespaces(), visit, ({ inode }, error) => {
      closed.push(names.of(inode));
      reasons.push(error instanceof Error ? error.message : String(error));
    });
    return { closed, notes: noteClosed(reasons, missing), showsTimeWaits: true };
  }

  close(): void {
    this.#files.close();
    this.#ports.close();
  }
}
