// The best way: BPF. One walk goes over the files of all processes and gives every socket of every network
// namespace with every holder. Another goes over the port tables and gives what the first did not meet,
// since no process holds it. Where the kernel is new enough our programs do both by themselves, else
// its iterators do.

import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { BpfIterators } from './linux-bpf-iterators.ts';
import { BpfWalks } from './linux-bpf-walks.ts';
import { SocketRecords } from './linux-records.ts';
import type { LinuxTable } from './linux-rows.ts';
import type { TwoWalks } from './linux-two-walks.ts';
import type { TableOptions } from './source.ts';

type Asked = Required<Omit<TableOptions, 'source'>>;

const without = (all: ReadonlySet<number>, some: ReadonlySet<number>): Set<number> =>
  new Set([...all].filter((each) => !some.has(each)));

export class BpfTable {
  readonly name: 'Bpf' | 'BpfIterators';
  readonly hint = 'Get-PortReporter -Capability says what BPF needs here.';
  #walks: BpfWalks | null = null;
  #iterators: BpfIterators | null = null;
  /** Why our own walks can't be taken here; null where they can. */
  #refusal: string | null = null;
  /** How many sockets have no cookie though the iterators went by: they are in namespaces that can't be
   * entered. */
  #unnameable = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** Inode numbers of those that the last read found no holder for, though it looked twice: they were
   * open before this read began, so its first walk would have met one. */
  #nobodys: ReadonlySet<number> = new Set();

  /** BpfIterators leaves out our own walks. */
  constructor(name: BpfTable['name'] = 'Bpf') {
    this.name = name;
  }

  get isOnlyNamed(): boolean {
    return this.name !== 'Bpf';
  }

  /** One read after the other: they share what the kernel remembers of a walk. */
  read(asked: Asked): Promise<LinuxTable> {
    const turn = this.#turn.then(() => this.#read(asked));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #read(asked: Asked): Promise<LinuxTable> {
    if (this.name !== 'Bpf') return await this.#readBy(this.#openIterators(), asked);
    try {
      return await this.#readByWalks(this.#openWalks(), asked);
    } catch (error) {
      if (!(error instanceof BpfUnavailable)) throw error;
      const note = `It takes longer by the kernel's iterators: ${error.reason}.`;
      const table = await this.#readBy(this.#openIterators(), asked);
      return { ...table, notes: [note, ...table.notes] };
    }
  }

  async #readByWalks(walks: BpfWalks, asked: Asked): Promise<LinuxTable> {
    const table = await this.#readBy(walks, asked);
    if (!asked.named) return table;
    const isNamed = walks.nameless <= this.#unnameable;
    if (!isNamed) {
      const iterators = this.#openIterators();
      await iterators.readHeld(() => {});
      await iterators.readPorts(() => {});
    }
    const complete = isNamed ? table : await this.#readBy(walks, asked);
    this.#unnameable = walks.nameless;
    return complete;
  }

  /** They give each socket its cookie that they meet. */
  #openIterators(): BpfIterators {
    this.#iterators ??= new BpfIterators();
    return this.#iterators;
  }

  #openWalks(): BpfWalks {
    if (this.#refusal !== null) throw new BpfUnavailable(this.#refusal);
    try {
      this.#walks ??= new BpfWalks();
      return this.#walks;
    } catch (error) {
      if (error instanceof BpfUnavailable) this.#refusal = error.reason;
      throw error;
    }
  }

  async #readBy(walks: TwoWalks, { timeWaits, onHeld }: Asked): Promise<LinuxTable> {
    const records = new SocketRecords();
    await walks.readHeld((bytes) => {
      records.addHeld(bytes);
      onHeld(records.columns);
    });
    const addLoose = (bytes: Uint8Array) => records.addLoose(bytes);
    const { closed, notes, showsTimeWaits } = await walks.readPorts(addLoose, { timeWaits });
    await this.#explain(records, walks);
    return { sockets: records.all(), closed, notes, showsTimeWaits };
  }

  /** Walks over the files once more for sockets that have one and no holder. */
  async #explain(records: SocketRecords, walks: TwoWalks): Promise<void> {
    const asked = without(records.unexplained, this.#nobodys);
    if (asked.size > 0) await walks.readHeldAgain((bytes) => records.addMissed(bytes, asked));
    this.#nobodys = records.unexplained;
  }

  close(): void {
    this.#walks?.close();
    this.#iterators?.close();
    this.#walks = null;
    this.#iterators = null;
  }
}
