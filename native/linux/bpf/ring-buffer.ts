// The reader's end of a BPF ring buffer. The kernel writes records into memory that this process
// maps too, so reading one costs no system call. Layout: kernel/bpf/ringbuf.c. One page holds our
// position and is ours to write; the next holds the writer's; then comes the data, mapped twice in a
// row so that no record is ever split at the end.

import koffi from 'koffi';
import { SystemCallError } from '../libc.ts';

/** Given a record: `length` bytes at `offset` of `view`, valid only during the call. */
export type RecordVisitor = (view: DataView<ArrayBuffer>, offset: number, length: number) => void;

interface MemoryCalls {
  readonly mmap: (
    at: null,
    size: number,
    rights: number,
    kind: number,
    fd: number,
    from: number,
  ) => unknown;
  readonly munmap: (at: unknown, size: number) => number;
  readonly pageSize: number;
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const SC_PAGESIZE = 30;

const headerSize = 8;
const busyBit = 0x8000_0000;
const discardBit = 0x4000_0000;
const lengthBits = 0x3fff_ffff;

let loaded: MemoryCalls | undefined;

function memory(): MemoryCalls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    const sysconf = library.func('intptr_t sysconf(int)');
    loaded = {
      mmap: library.func('void *mmap(void *, size_t, int, int, int, intptr_t)'),
      munmap: library.func('int munmap(void *, size_t)'),
      pageSize: Number(sysconf(SC_PAGESIZE)),
    };
  }
  return loaded;
}

/** Memory of a map, shared with the kernel. After unmap() its views must not be touched. */
export class MappedMemory {
  readonly bytes: ArrayBuffer;
  readonly #address: unknown;

  constructor(fd: number, offset: number, size: number, writable: boolean) {
    const rights = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    this.#address = memory().mmap(null, size, rights, MAP_SHARED, fd, offset);
    if (BigInt.asIntN(64, koffi.address(this.#address)) === -1n) {
      throw new SystemCallError('mmap', koffi.errno());
    }
    this.bytes = koffi.view(this.#address, size);
  }

  unmap(): void {
    memory().munmap(this.#address, this.bytes.byteLength);
  }
}

export class RingBuffer {
  readonly #mask: number;
  readonly #consumer: MappedMemory;
  readonly #producer: MappedMemory;
  readonly #consumerPosition: BigUint64Array;
  readonly #producerPosition: BigUint64Array;
  readonly #headers: Int32Array;
  readonly #view: DataView<ArrayBuffer>;
  #position: number;
  #open = true;

  constructor(map: number, size: number) {
    const { pageSize } = memory();
    this.#mask = size - 1;
    this.#consumer = new MappedMemory(map, 0, pageSize, true);
    this.#producer = new MappedMemory(map, pageSize, pageSize + 2 * size, false);
    this.#consumerPosition = new BigUint64Array(this.#consumer.bytes, 0, 1);
    this.#producerPosition = new BigUint64Array(this.#producer.bytes, 0, 1);
    this.#headers = new Int32Array(this.#producer.bytes, pageSize);
    this.#view = new DataView(this.#producer.bytes, pageSize);
    this.#position = Number(Atomics.load(this.#consumerPosition, 0));
  }

  /** Visits what is complete, at most one ringful; gives the number of records. */
  drain(visit: RecordVisitor): number {
    if (!this.#open) return 0;
    const batch = (this.#mask + 1) / 8;
    let count = 0;
    for (let batches = 0; batches < 8; batches++) {
      const read = this.#drainUntil(this.#position + batch, visit);
      if (read === 0) break;
      count += read;
      // Gives the place back. The kernel wakes us only if it sees this position at the end of what
      // is written; so whatever came in before it saw it must be looked for once more.
      Atomics.store(this.#consumerPosition, 0, BigInt(this.#position));
    }
    return count;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#consumer.unmap();
    this.#producer.unmap();
  }

  #drainUntil(limit: number, visit: RecordVisitor): number {
    const end = Math.min(limit, Number(Atomics.load(this.#producerPosition, 0)));
    let count = 0;
    while (this.#position < end) {
      const at = this.#position & this.#mask;
      const header = Atomics.load(this.#headers, at >>> 2);
      if ((header & busyBit) !== 0) break; // still being written; those behind it have to wait
      const length = header & lengthBits;
      // First, so that a visitor that throws is not given the same record for ever.
      this.#position += (headerSize + length + 7) & ~7;
      count++;
      if ((header & discardBit) === 0) visit(this.#view, at + headerSize, length);
    }
    return count;
  }
}
