// The owner's end of the capture thread.

import { Worker } from 'node:worker_threads';
import type { EventProgram } from '../../../native/linux/bpf/event-stream.ts';
import { type RecordVisitor, visitRecords } from '../../../native/linux/bpf/ring-buffer.ts';
import { PortReporterError } from '../model/error.ts';
import {
  type CaptureMessage,
  type CaptureOptions,
  type CaptureRequest,
  SharedPlace,
} from './capture-protocol.ts';

/** Records in the order of their events. */
export interface Batch {
  visitAll(visit: RecordVisitor): void;
  /** How many events found no room in the ring, since the start. */
  readonly lost: number;
  /** To be called once, when the records are not needed any more: that makes room for others. */
  release(): void;
}

export interface CaptureListener {
  events(batch: Batch): void;
  failed(error: Error): void;
}

export interface CaptureSettings {
  /** The bundled worker: the thread runs the same file. */
  readonly file: string;
  readonly ringSize?: number;
  readonly without?: readonly string[];
}

/** Megabytes: all that the thread makes is soon handed on or forgotten. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 };

export class Capture {
  readonly programs: readonly EventProgram[];
  readonly #worker: Worker;
  readonly #shared: Int32Array;
  readonly #exited: Promise<void>;
  readonly #drained = new Map<number, () => void>();
  readonly #heard: ((all: boolean) => void)[] = [];
  readonly #listener: CaptureListener;
  #requests = 0;
  #stopping = false;
  #hasEnded = false;

  private constructor(
    worker: Worker,
    shared: SharedArrayBuffer,
    programs: readonly EventProgram[],
    listener: CaptureListener,
  ) {
    this.#worker = worker;
    this.#shared = new Int32Array(shared);
    this.programs = programs;
    this.#listener = listener;
    worker.on('message', (message: CaptureMessage) => this.#receive(message));
    worker.on('error', (error) => listener.failed(error));
    this.#exited = new Promise((resolve) => worker.once('exit', () => this.#end(resolve)));
  }

  /** Rejects with PR_SOURCE_UNAVAILABLE where the machine does not allow it. */
  static async open(settings: CaptureSettings, listener: CaptureListener): Promise<Capture> {
    const shared = new SharedArrayBuffer(8);
    const workerData: CaptureOptions = {
      role: 'capture',
      ringSize: settings.ringSize ?? null,
      without: settings.without ?? [],
      shared,
    };
    const worker = new Worker(settings.file, {
      workerData,
      trackUnmanagedFds: false,
      resourceLimits,
    });
    const first = await firstMessage(worker);
    if (first.kind === 'opened') return new Capture(worker, shared, first.programs, listener);
    await worker.terminate();
    const reason = first.kind === 'refused' ? first.reason : 'the capture thread is confused';
    throw new PortReporterError('PR_SOURCE_UNAVAILABLE', reason);
  }

  /** Resolves when every event that happened until now has been handed to the listener. */
  drain(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    const request = ++this.#requests;
    return new Promise((resolve) => {
      this.#drained.set(request, resolve);
      this.#ask({ kind: 'drain', request });
    });
  }

  /** The same for who keeps the listener from going on meanwhile: where there is no room for what
   * happened it does not wait for some, and resolves to false. */
  hear(): Promise<boolean> {
    if (this.#hasEnded) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#heard.push(resolve);
      this.#ask({ kind: 'hear' });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#ask({ kind: 'stop' });
    await this.#exited;
  }

  #ask(request: CaptureRequest): void {
    this.#worker.postMessage(request);
    Atomics.add(this.#shared, SharedPlace.bell, 1);
    Atomics.notify(this.#shared, SharedPlace.bell);
  }

  #end(resolve: () => void): void {
    this.#hasEnded = true;
    for (const drained of this.#drained.values()) drained();
    this.#drained.clear();
    for (const heard of this.#heard.splice(0)) heard(false);
    if (!this.#stopping) this.#listener.failed(new Error('the capture thread ended by itself'));
    resolve();
  }

  #receive(message: CaptureMessage): void {
    if (message.kind === 'drained') {
      for (const [request, drained] of this.#drained) {
        if (request > message.request) break;
        this.#drained.delete(request);
        drained();
      }
    } else if (message.kind === 'heard') {
      this.#heard.shift()?.(message.all);
    } else if (message.kind === 'events') {
      const { block, lost } = message;
      this.#listener.events({
        lost,
        visitAll: (visit) => visitRecords(block, visit),
        release: () => Atomics.sub(this.#shared, SharedPlace.outstanding, block.byteLength),
      });
    }
  }
}

function firstMessage(worker: Worker): Promise<CaptureMessage> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the capture thread ended before it began')));
  });
}
