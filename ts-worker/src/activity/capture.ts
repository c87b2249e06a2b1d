// The owner's end of the capture thread.

import { Worker } from 'node:worker_threads';
import type { EventProgram } from '../../../native/linux/bpf/event-stream.ts';
import { PortReporterError } from '../model/error.ts';
import { type CaptureMessage, type CaptureOptions, recordHeader } from './capture-protocol.ts';

/** Given a record: `length` bytes at `offset` of `view`. */
export type RecordVisitor = (view: DataView, offset: number, length: number) => void;

export interface CaptureListener {
  events(visitAll: (visit: RecordVisitor) => void, lost: number): void;
  failed(error: Error): void;
}

export interface CaptureSettings {
  /** The bundled worker: the thread runs the same file. */
  readonly file: string;
  readonly ringSize?: number;
  readonly without?: readonly string[];
}

export class Capture {
  readonly programs: readonly EventProgram[];
  readonly #worker: Worker;
  readonly #outstanding: Int32Array;
  readonly #drained = new Map<number, (lost: number) => void>();
  readonly #listener: CaptureListener;
  #requests = 0;
  #stopping = false;

  private constructor(
    worker: Worker,
    outstanding: SharedArrayBuffer,
    programs: readonly EventProgram[],
    listener: CaptureListener,
  ) {
    this.#worker = worker;
    this.#outstanding = new Int32Array(outstanding);
    this.programs = programs;
    this.#listener = listener;
    worker.on('message', (message: CaptureMessage) => this.#receive(message));
    worker.on('error', (error) => listener.failed(error));
    worker.on('exit', () => {
      if (!this.#stopping) listener.failed(new Error('the capture thread ended by itself'));
    });
  }

  /** Rejects with PR_SOURCE_UNAVAILABLE where the machine does not allow it. */
  static async open(settings: CaptureSettings, listener: CaptureListener): Promise<Capture> {
    const outstanding = new SharedArrayBuffer(4);
    const workerData: CaptureOptions = {
      role: 'capture',
      ringSize: settings.ringSize ?? null,
      without: settings.without ?? [],
      outstanding,
    };
    const worker = new Worker(settings.file, { workerData, trackUnmanagedFds: false });
    const first = await new Promise<CaptureMessage>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    if (first.kind === 'opened') return new Capture(worker, outstanding, first.programs, listener);
    await worker.terminate();
    const reason = first.kind === 'refused' ? first.reason : 'the capture thread is confused';
    throw new PortReporterError('PR_SOURCE_UNAVAILABLE', reason);
  }

  /** Resolves when every event that happened until now has been handed to the listener. */
  drain(): Promise<number> {
    const request = ++this.#requests;
    return new Promise((resolve) => {
      this.#drained.set(request, resolve);
      this.#worker.postMessage({ kind: 'drain', request });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#worker.postMessage({ kind: 'stop' });
    await new Promise((resolve) => this.#worker.once('exit', resolve));
  }

  #receive(message: CaptureMessage): void {
    if (message.kind === 'drained') {
      this.#drained.get(message.request)?.(message.lost);
      this.#drained.delete(message.request);
    } else if (message.kind === 'events') {
      const { bytes, lost } = message;
      this.#listener.events((visit) => visitRecords(bytes, visit), lost);
      Atomics.sub(this.#outstanding, 0, bytes.byteLength);
    }
  }
}

function visitRecords(bytes: ArrayBuffer, visit: RecordVisitor): void {
  const view = new DataView(bytes);
  for (let at = 0; at < bytes.byteLength; ) {
    const length = view.getUint32(at, true);
    visit(view, at + recordHeader, length);
    at += recordHeader + ((length + 7) & ~7);
  }
}
