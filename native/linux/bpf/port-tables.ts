// The TCP and UDP tables of each network namespace, without holders (ports.bpf.c).

import { closeSync } from 'node:fs';
import { insideNamespace, type NetworkNamespace, ownNetworkNamespace } from '../namespaces.ts';
import { attachIterator, openIterator } from './attach.ts';
import { IteratorBuffer } from './iterator-buffer.ts';
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

export class PortTables {
  readonly #loaded: LoadedObject;
  readonly #links: number[] = [];
  readonly #buffer = new IteratorBuffer();

  /** Throws BpfUnavailable where the machine does not allow it. */
  constructor() {
    this.#loaded = new LoadedObject(ports);
    try {
      for (const program of this.#loaded.object.programs) {
        this.#links.push(attachIterator(this.#loaded.load(program)));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The records of all the namespaces laid end to end; overwritten by the next read. `onClosed` is
   * told of each namespace that can't be entered. */
  read(
    namespaces: readonly NetworkNamespace[],
    onClosed: (namespace: NetworkNamespace, error: unknown) => void,
  ): Uint8Array {
    const own = ownNetworkNamespace();
    this.#buffer.clear();
    for (const namespace of namespaces) {
      const open = () => this.#links.map(openIterator);
      try {
        const iterators = namespace.inode === own ? open() : insideNamespace(namespace, open);
        for (const iterator of iterators) this.#buffer.collect(iterator);
      } catch (error) {
        onClosed(namespace, error);
      }
    }
    return this.#buffer.bytes;
  }

  close(): void {
    for (const link of this.#links.splice(0)) closeSync(link);
    this.#loaded.close();
  }
}
