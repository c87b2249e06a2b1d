// The TCP and UDP tables of each network namespace, without holders (ports.bpf.c), less the sockets
// that a walk over the processes' files met.

import { closeSync } from 'node:fs';
import { insideNamespace, type NetworkNamespace } from '../namespaces.ts';
import { isGone } from '../process-files.ts';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorReader, type RecordsVisitor } from './iterator-reader.ts';
import { LoadedObject } from './load.ts';
import { portRecordSize } from './port-record.ts';
import ports from './ports.bpf.o';

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
