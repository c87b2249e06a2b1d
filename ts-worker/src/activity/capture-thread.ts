// The capture thread: takes events out of the kernel's ring and hands them on in batches, so that
// neither a table read nor a slow writer ever holds the ring up. What can't be handed on, because too
// much is on its way already, stays in the ring; when that is full the kernel counts what is lost.

import { type MessagePort, parentPort } from 'node:worker_threads';
import { type EventStream, openEventStream } from '../../../native/linux/bpf/event-stream.ts';
import {
  type CaptureMessage,
  type CaptureOptions,
  type CaptureRequest,
  recordHeader,
} from './capture-protocol.ts';

/** Milliseconds between two looks into the ring: events that come close together go in one batch, which
 * saves most of the thread's own processor time at 1,000 connections a second. An event after a quiet
 * time does not wait; 99 of 100 must be out in 150. */
const pause = 25;
const longestWait = 60_000;
const batchSize = 1 << 20;
/** Milliseconds between two questions to the kernel about events that no program told. */
const countPause = 1000;
/** So many rings full may be on their way to the owner. */
const mostOutstanding = 4;

class Batch {
  #bytes = new Uint8Array(batchSize);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  add(view: DataView, offset: number, length: number): void {
    const source = new Uint8Array(view.buffer, view.byteOffset + offset, length);
    this.#view.setUint32(this.length, length, true);
    this.#bytes.set(source, this.length + recordHeader);
    this.length += recordHeader + ((length + 7) & ~7);
  }

  hasRoomFor(length: number): boolean {
    return this.length + recordHeader + length + 7 <= batchSize;
  }

  take(): ArrayBuffer {
    const bytes = this.#bytes.buffer.slice(0, this.length);
    this.length = 0;
    return bytes;
  }
}

class Capture {
  readonly #port: MessagePort;
  readonly #stream: EventStream;
  readonly #outstanding: Int32Array;
  readonly #batch = new Batch();
  #stopped = false;
  #toldLost = 0;
  #counted = 0;
  /** The last request to drain, and the last that was answered. */
  #asked = 0;
  #answered = 0;

  constructor(port: MessagePort, options: CaptureOptions) {
    this.#port = port;
    this.#outstanding = new Int32Array(options.outstanding);
    this.#stream = openEventStream({
      without: options.without,
      ...(options.ringSize === null ? {} : { ringSize: options.ringSize }),
    });
    port.on('message', (request: CaptureRequest) => this.#answer(request));
  }

  async run(): Promise<void> {
    this.#send({
      kind: 'opened',
      programs: this.#stream.programs,
      ringSize: this.#stream.ringSize,
    });
    try {
      while (!this.#stopped) {
        await this.#stream.wait(this.#asked === this.#answered ? longestWait : pause);
        this.#drain();
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } finally {
      this.#stream.close(); // its programs would go on as long as the process, for nobody
      this.#port.close();
    }
  }

  #answer(request: CaptureRequest): void {
    if (request.kind === 'stop') {
      this.#stopped = true;
      this.#stream.wake();
      return;
    }
    if (request.kind === 'hear') {
      this.#send({ kind: 'heard', all: this.#drain() });
      return;
    }
    this.#asked = request.request;
    this.#drain();
    if (this.#asked !== this.#answered) this.#stream.wake();
  }

  /** False where too much is on its way already. */
  #drain(): boolean {
    const most = mostOutstanding * this.#stream.ringSize;
    if (Atomics.load(this.#outstanding, 0) > most) return false;
    this.#stream.drain((view, offset, length) => {
      if (!this.#batch.hasRoomFor(length)) this.#flush();
      this.#batch.add(view, offset, length);
    });
    this.#countMissed();
    if (this.#batch.length > 0 || this.#stream.lost() !== this.#toldLost) this.#flush();
    if (this.#asked !== this.#answered) {
      this.#answered = this.#asked;
      this.#send({ kind: 'drained', request: this.#answered });
    }
    return true;
  }

  /** Always before a request is answered: who compares the tables then knows of every loss. */
  #countMissed(): void {
    const now = performance.now();
    if (this.#asked === this.#answered && now - this.#counted < countPause) return;
    this.#counted = now;
    this.#stream.countMissed();
  }

  #flush(): void {
    const bytes = this.#batch.take();
    const lost = this.#stream.lost();
    this.#toldLost = lost;
    Atomics.add(this.#outstanding, 0, bytes.byteLength);
    this.#port.postMessage({ kind: 'events', bytes, lost } satisfies CaptureMessage, [bytes]);
  }

  #send(message: CaptureMessage): void {
    this.#port.postMessage(message);
  }
}

/** The thread's whole life. */
export async function runCapture(options: CaptureOptions): Promise<void> {
  if (parentPort === null) throw new Error('runCapture() belongs into a worker thread');
  let capture: Capture;
  try {
    capture = new Capture(parentPort, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    parentPort.postMessage({ kind: 'refused', reason } satisfies CaptureMessage);
    return;
  }
  await capture.run();
}
