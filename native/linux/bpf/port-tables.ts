// The TCP and UDP tables of each network namespace, without holders (ports.bpf.c), less the sockets
// that a walk over the processes' files met.

import { closeSync } from 'node:fs';
import { insideNamespace, type NetworkNamespace } from '../namespaces.ts';
import { isGone } from '../process-files.ts';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorReader, type RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject } from './load.ts';
import ports from './ports.bpf.o';

/** struct port_record of ports.bpf.c: byte offsets, little endian, addresses in network order. */
export const portRecordSize = 72;
export const portOffsets = {
  cookie: 0, // u64, 0 for a connection that is still half-open
  inode: 8, // u64, 0 where no process can have it open
  state: 16, // u32
  netNamespace: 24, // u32
  scope: 28, // u32
  family: 32, // u16
  protocol: 34, // u16
  localPort: 36, // u16
  remotePort: 38, // u16
  local: 40, // 16 bytes; an IPv4 address takes the first four
  remote: 56, // 16 bytes
} as const;

/** Told of a namespace that can't be entered, and why. */
export type ClosedListener = (namespace: NetworkNamespace, error: unknown) => void;

export class PortTables {
  readonly #loaded: LoadedObject;
  readonly #links: number[] = [];
  readonly #reader = new IteratorReader(portRecordSize);

  /** `met`: the map of the table whose read came before; without one nothing is left out. Throws
   * BpfUnavailable where the machine does not allow it. */
  constructor(met?: number) {
    const maps = new Map(met === undefined ? [] : [['met', met]]);
    this.#loaded = new LoadedObject(ports, { maps });
    try {
      for (const program of this.#loaded.object.programs) {
        this.#links.push(attachIterator(this.#loaded.load(program)));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Gives the records of all the namespaces. `onClosed` is told of each that can't be entered. */
  async read(
    namespaces: readonly NetworkNamespace[],
    visit: RecordsVisitor,
    onClosed: ClosedListener,
  ): Promise<void> {
    for (const namespace of namespaces) {
      for (const link of this.#links) {
        const iterator = openInside(namespace, link, onClosed);
        if (iterator === null) break;
        await this.#reader.readAll(iterator, visit);
      }
    }
  }

  close(): void {
    for (const link of this.#links.splice(0)) closeSync(link);
    this.#loaded.close();
  }
}

/** The iterator shows the namespace in which it was opened; null where there is no way in. */
function openInside(
  namespace: NetworkNamespace,
  link: number,
  onClosed: ClosedListener,
): number | null {
  if (namespace.isOwn) return openIterator(link);
  try {
    return insideNamespace(namespace, () => openIterator(link));
  } catch (error) {
    if (!isGone(error)) onClosed(namespace, error);
    return null;
  }
}
