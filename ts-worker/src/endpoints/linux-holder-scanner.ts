// Who holds which socket, without BPF, on two processors. Where there are many sockets, a thread
// scans /proc/PID/fd together with the one that asks. Both take parts from one list, by a number in
// shared memory, until none is left; then the thread sends what it found. So neither waits for the
// other longer than one part takes, and not at all for a thread that is still starting.

import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import {
  type DescriptorPart,
  type DescriptorScan,
  gatherHolders,
  listParts,
  readSocketHolders,
  type SocketHolders,
  scanParts,
} from '../../../native/linux/socket-holders.ts';

interface ScanRequest {
  readonly parts: readonly DescriptorPart[];
  /** The number of the next part to take. */
  readonly next: Int32Array;
}

/** With fewer sockets there is not enough to share. */
const leastSockets = 4000;
/** A process with more descriptors is shared, too; its folder is then listed twice. */
const mostInPart = 8000;
/** Milliseconds after which a thread that was not needed again is let go. */
const longestIdle = 60_000;

/** Megabytes: all that the thread makes is soon handed on or forgotten. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 };

/** The owner's end. */
class ScanThread {
  readonly #worker: Worker;
  /** Requests are answered in their order; null where the thread has ended. */
  readonly #waiting: ((scan: DescriptorScan | null) => void)[] = [];
  #hasEnded = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#worker = new Worker(file, {
      workerData: 'scan',
      trackUnmanagedFds: false,
      resourceLimits,
    });
    this.#worker.on('message', (scan: DescriptorScan) => this.#receive(scan));
    this.#worker.on('error', () => {}); // it has ended, and 'exit' follows
    this.#worker.on('exit', () => this.#end());
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ask(request: ScanRequest): Promise<DescriptorScan | null> {
    clearTimeout(this.#idle);
    this.#worker.ref(); // nothing else may keep the process until the answer is there
    this.#worker.postMessage(request);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    clearTimeout(this.#idle);
    this.#hasEnded = true;
    void this.#worker.terminate();
  }

  #receive(scan: DescriptorScan): void {
    this.#waiting.shift()?.(scan);
    if (this.#waiting.length > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => this.stop(), longestIdle).unref();
  }

  #end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#idle);
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }
}

export class HolderScanner {
  readonly #file: string | null;
  readonly #least: number;
  #isFirst = true;
  #thread: ScanThread | null = null;

  /** `file` is the bundled worker: the thread runs the same file; null where there shall be none. It
   * helps with so many sockets and more. */
  constructor(file: string | null, least = leastSockets) {
    this.#file = availableParallelism() > 1 ? file : null;
    this.#least = least;
  }

  /** The holders of the so many sockets that a table has. */
  async read(sockets: number): Promise<SocketHolders> {
    if (this.#file === null || sockets < this.#least) return readSocketHolders();
    if (this.#isFirst) {
      this.#isFirst = false; // a process that looks once would only be held up by the start
      return readSocketHolders();
    }
    if (this.#thread === null || this.#thread.hasEnded) this.#thread = new ScanThread(this.#file);
    const request = {
      parts: listParts(mostInPart),
      next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    };
    const answer = this.#thread.ask(request);
    const own = scanParts(request.parts, request.next);
    if (own.parts === request.parts.length) return gatherHolders([own]);
    const other = await answer;
    return other === null ? readSocketHolders() : gatherHolders([own, other]);
  }

  close(): void {
    this.#thread?.stop();
    this.#thread = null;
  }
}

/** The thread's end. */
export function runScans(): void {
  const port = parentPort;
  port?.on('message', ({ parts, next }: ScanRequest) => {
    const scan = scanParts(parts, next);
    port.postMessage(scan, [scan.pairs.buffer]);
  });
}
