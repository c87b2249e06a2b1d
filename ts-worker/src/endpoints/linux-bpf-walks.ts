// The walks of our own programs: those over the files of all processes and over the port tables of all
// network namespaces.

import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { FileWalk } from '../../../native/linux/bpf/file-walk.ts';
import type { RecordsVisitor } from '../../../native/linux/bpf/iterator-reader.ts';
import { PortHashes, type PortsAsked } from '../../../native/linux/bpf/port-hashes.ts';
import { prepareSnapshotPrograms } from '../../../native/linux/bpf/snapshot-programs.ts';
import { inInitialPidNamespace } from '../../../native/linux/namespaces.ts';
import type { PortsRead, TwoWalks } from './linux-two-walks.ts';

export class BpfWalks implements TwoWalks {
  readonly #files: FileWalk;
  readonly #ports: PortHashes;
  #namelessHeld = 0;
  #namelessPorts = 0;

  constructor() {
    if (!inInitialPidNamespace()) throw new BpfUnavailable('this is a pid namespace of its own');
    prepareSnapshotPrograms();
    this.#files = new FileWalk();
    try {
      this.#ports = new PortHashes(this.#files.met);
    } catch (error) {
      this.#files.close();
      throw error;
    }
  }

  /** How many sockets of the last two walks have no cookie, though they could have one. */
  get nameless(): number {
    return this.#namelessHeld + this.#namelessPorts;
  }

  async readHeld(visit: RecordsVisitor): Promise<void> {
    this.#namelessHeld = await this.#files.read(visit);
  }

  async readHeldAgain(visit: RecordsVisitor): Promise<void> {
    await this.#files.read(visit, true);
  }

  async readPorts(visit: RecordsVisitor, asked: PortsAsked): Promise<PortsRead> {
    this.#namelessPorts = await this.#ports.read(visit, asked);
    return { closed: [], notes: [], showsTimeWaits: asked.timeWaits !== false };
  }

  close(): void {
    this.#files.close();
    this.#ports.close();
  }
}
