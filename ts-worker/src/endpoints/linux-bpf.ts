// The best way: BPF iterators. One walk goes over the files of all processes and gives every socket of
// every network namespace with every holder. Another goes over the port tables of each namespace and
// gives what the first did not meet, since no process holds it.

import { PortTables } from '../../../native/linux/bpf/port-tables.ts';
import { SocketTable } from '../../../native/linux/bpf/socket-table.ts';
import { listNetworkNamespaces } from '../../../native/linux/namespaces.ts';
import { NamespaceNames } from './linux-namespaces.ts';
import { SocketRecords } from './linux-records.ts';
import { type LinuxTable, noteClosed } from './linux-rows.ts';
import type { HeldListener } from './source.ts';

/** What a namespace lacks that can't be entered. */
const missing = 'what no process holds there (TIME_WAIT, half-open) is';

const without = (all: ReadonlySet<number>, some: ReadonlySet<number>): Set<number> =>
  new Set([...all].filter((each) => !some.has(each)));

export class BpfTable {
  readonly name = 'Bpf';
  readonly hint = 'Get-PortReporter -Capability says what BPF needs here.';
  #table: SocketTable | null = null;
  #ports: PortTables | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** Cookies of those that the last read found no holder for, though it looked twice: they were open
   * before this read began, so its first walk would have met one. */
  #nobodys: ReadonlySet<number> = new Set();

  /** One read after the other: they share what the kernel remembers of a walk. */
  read(onHeld: HeldListener): Promise<LinuxTable> {
    const turn = this.#turn.then(() => this.#read(onHeld));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #read(onHeld: HeldListener): Promise<LinuxTable> {
    this.#table ??= new SocketTable();
    this.#ports ??= new PortTables(this.#table.met);
    const records = new SocketRecords();
    const files = this.#table.read((bytes) => {
      records.addHeld(bytes);
      onHeld(records.columns);
    });
    const namespaces = listNetworkNamespaces(); // while the kernel walks
    await files;
    const names = new NamespaceNames();
    const closed: string[] = [];
    const reasons: string[] = [];
    await this.#ports.read(
      namespaces,
      (bytes) => records.addLoose(bytes),
      ({ inode }, error) => {
        closed.push(names.of(inode));
        reasons.push(error instanceof Error ? error.message : String(error));
      },
    );
    await this.#explain(records, this.#table);
    return { sockets: records.all(), closed, notes: noteClosed(reasons, missing) };
  }

  /** Walks over the files once more for sockets that have one and no holder. */
  async #explain(records: SocketRecords, table: SocketTable): Promise<void> {
    const asked = without(records.unexplained, this.#nobodys);
    if (asked.size > 0) await table.read((bytes) => records.addMissed(bytes, asked));
    this.#nobodys = records.unexplained;
  }

  close(): void {
    this.#table?.close();
    this.#ports?.close();
    this.#table = null;
    this.#ports = null;
  }
}
