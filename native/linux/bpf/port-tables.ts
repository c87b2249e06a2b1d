// The TCP and UDP tables of each network namespace, without holders (ports.bpf.c).

import { closeSync, readSync } from 'node:fs';
import { insideNamespace, type NetworkNamespace, ownNetworkNamespace } from '../namespaces.ts';
import { attachIterator, openIterator } from './attach.ts';
import { LoadedObject } from './load.ts';
import ports from './ports.bpf.o';

/** struct port_record of ports.bpf.c: byte offsets, little endian, addresses in network order. */
export const portRecordSize = 64;
export const portOffsets = {
  inode: 0, // u64, 0 where no process can have it open
  state: 8, // u32
  netNamespace: 16, // u32
  scope: 20, // u32
  family: 24, // u16
  protocol: 26, // u16
  localPort: 28, // u16
  remotePort: 30, // u16
  local: 32, // 16 bytes; an IPv4 address takes the first four
  remote: 48, // 16 bytes
} as const;

/** The kernel hands out at most this much at a time (bpf_seq_read: eight pages). */
const largestRead = 8 * 65_536;

export class PortTables {
  readonly #loaded: LoadedObject;
  readonly #links: number[] = [];
  #buffer = new Uint8Array(2 * largestRead);

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
    let length = 0;
    for (const namespace of namespaces) {
      const open = () => this.#links.map(openIterator);
      let iterators: number[] = [];
      try {
        iterators = namespace.inode === own ? open() : insideNamespace(namespace, open);
      } catch (error) {
        onClosed(namespace, error);
      }
      length = this.#readAll(iterators, length);
    }
    return this.#buffer.subarray(0, length);
  }

  #readAll(iterators: readonly number[], from: number): number {
    try {
      return iterators.reduce((length, iterator) => this.#readOne(iterator, length), from);
    } finally {
      for (const iterator of iterators) closeSync(iterator);
    }
  }

  #readOne(iterator: number, from: number): number {
    let length = from;
    for (;;) {
      if (this.#buffer.length - length < largestRead) this.#grow();
      const read = readSync(iterator, this.#buffer, length, this.#buffer.length - length, null);
      if (read === 0) return length;
      length += read;
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  close(): void {
    for (const link of this.#links.splice(0)) closeSync(link);
    this.#loaded.close();
  }
}
