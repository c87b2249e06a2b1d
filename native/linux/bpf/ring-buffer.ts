// The reader's end of a BPF ring buffer. The kernel writes records into memory that this process
// maps too, so reading one costs no system call. Layout: kernel/bpf/ringbuf.c. One page holds our
// position and is ours to write; the next holds the writer's; then comes the data, mapped twice in a
// row so that no record is ever split at the end.

import koffi from 'koffi';
import { SystemCallError } from '../libc.ts';

/** Given a record: `length` bytes at `offset` of `view`. */
export type RecordVisitor = (view: DataView<ArrayBuffer>, offset: number, length: number) => void;

/** Given whole records in a row, each with its header, in memory that the kernel writes over after the
 * call. */
export type BlockVisitor = (block: Uint8Array<ArrayBuffer>) => void;

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

/** A ring is read in so many blocks: what they hold is given back to the kernel one by one. */
const blocksPerRing = 16;

export class RingBuffer {
  readonly #size: number;
  readonly #consumer: MappedMemory;
  readonly #producer: MappedMemory;
  readonly #consumerPosition: BigUint64Array;
  readonly #producerPosition: BigUint64Array;
  readonly #headers: Int32Array;
  readonly #data: Uint8Array<ArrayBuffer>;
  #position: number;
  #open = true;

  constructor(map: number, size: number) {
    const { pageSize } = memory();
    this.#size = size;
    this.#consumer = new MappedMemory(map, 0, pageSize, true);
    this.#producer = new MappedMemory(map, pageSize, pageSize + 2 * size, false);
    this.#consumerPosition = new BigUint64Array(this.#consumer.bytes, 0, 1);
    this.#producerPosition = new BigUint64Array(this.#producer.bytes, 0, 1);
    this.#headers = new Int32Array(this.#producer.bytes, pageSize);
    this.#data = new Uint8Array(this.#producer.bytes, pageSize);
    this.#position = Number(Atomics.load(this.#consumerPosition, 0));
  }

  /** Visits what is complete, at most one ringful. */
  drain(visit: BlockVisitor): void {
    for (let blocks = 0; this.#open && blocks < blocksPerRing; blocks++) {
      const from = this.#position & (this.#size - 1);
      const length = this.#completeFrom(from);
      if (length === 0) return;
      // First, so that a visitor that throws is not given the same records for ever.
      this.#position += length;
      visit(this.#data.subarray(from, from + length));
      // Gives the place back. The kernel wakes us only if it sees this position at the end of what
      // is written; so whatever came in before it saw it must be looked for once more.
      Atomics.store(this.#consumerPosition, 0, BigInt(this.#position));
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#consumer.unmap();
    this.#producer.unmap();
  }

  /** Bytes of records that are written, up to a block and what its last record is longer. */
  #completeFrom(from: number): number {
    const written = Number(Atomics.load(this.#producerPosition, 0)) - this.#position;
    const most = Math.min(written, this.#size / blocksPerRing);
    let length = 0;
    while (length < most) {
      const header = Atomics.load(this.#headers, (from + length) >>> 2);
      if ((header & busyBit) !== 0) break; // still being written; those behind it have to wait
      length += sizeOf(header);
    }
    return length;
  }
}

/** Bytes that a record takes with its header. */
const sizeOf = (header: number): number => (headerSize + (header & lengthBits) + 7) & ~7;

/** Visits the records of a block, or of a copy of one. */
export function visitRecords(block: Uint8Array<ArrayBuffer>, visit: RecordVisitor): void {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  for (let at = 0; at < block.byteLength; ) {
    const header = view.getUint32(at, true);
    if ((header & discardBit) === 0) visit(view, at + headerSize, header & lengthBits);
    at += sizeOf(header);
  }
}
