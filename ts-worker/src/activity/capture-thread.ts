// The capture thread: takes events out of the kernel's ring and hands them on in batches, so that
// neither a table read nor a slow writer ever holds the ring up. What can't be handed on, because too
// much is on its way already, stays in the ring; when that is full the kernel counts what is lost.

import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { type EventStream, openEventStream } from '../../../native/linux/bpf/event-stream.ts';
import {
  type CaptureMessage,
  type CaptureOptions,
  type CaptureRequest,
  SharedPlace,
} from './capture-protocol.ts';

/** Milliseconds between two looks into the ring while there is always something in it: to hand on a
 * batch takes more processor time than some hundred events in it. An event after a quiet time does not
 * wait; 99 of 100 must be out in 150. */
const pause = 100;
const longestWait = 60_000;
/** Milliseconds between two questions to the kernel about events that no program told. */
const countPause = 1000;
/** So many rings full may be on their way to the owner. */
const mostOutstanding = 4;

class Capture {
  readonly #port: MessagePort;
  readonly #stream: EventStream;
  readonly #shared: Int32Array;
  /** The bell when requests were heard last. */
  #rung = 0;
  #stopped = false;
  #toldLost = 0;
  #counted = 0;
  /** Bytes since the last look. */
  #handedOn = 0;
  /** The last request to drain, and the last that was answered. */
  #asked = 0;
  #answered = 0;

  constructor(port: MessagePort, options: CaptureOptions) {
    this.#port = port;
    this.#shared = new Int32Array(options.shared);
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
        this.#drainWhileBusy();
      }
    } finally {
      this.#stream.close(); // its programs would go on as long as the process, for nobody
      this.#port.close();
    }
  }

  /** To ask the kernel for a sign that there is something costs more than to look, and a timer of the
   * event loop more than to sleep. */
  #drainWhileBusy(): void {
    do {
      this.#handedOn = 0;
      this.#drain();
      Atomics.wait(this.#shared, SharedPlace.bell, this.#rung, pause);
      this.#hear();
    } while (this.#handedOn > 0 && !this.#stopped);
  }

  /** Answers what was asked since the last call, for which the event loop has had no turn. */
  #hear(): void {
    const rung = Atomics.load(this.#shared, SharedPlace.bell);
    if (rung === this.#rung) return;
    this.#rung = rung;
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#answer(received.message);
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
    if (Atomics.load(this.#shared, SharedPlace.outstanding) > most) return false;
    this.#stream.drain((block) => this.#handOn(block.slice()));
    this.#countMissed();
    if (this.#stream.lost() !== this.#toldLost) this.#handOn(new Uint8Array());
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

  /** Gives the copy away. */
  #handOn(block: Uint8Array<ArrayBuffer>): void {
    const lost = this.#stream.lost();
    this.#toldLost = lost;
    this.#handedOn += block.byteLength;
    Atomics.add(this.#shared, SharedPlace.outstanding, block.byteLength);
    const message = { kind: 'events', block, lost } satisfies CaptureMessage;
    this.#port.postMessage(message, [block.buffer]);
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
