// What the capture thread and its owner say to each other.

import type { EventProgram } from '../../../native/linux/bpf/event-stream.ts';

export interface CaptureOptions {
  readonly role: 'capture';
  readonly ringSize: number | null;
  /** Programs to leave out; tests hide them so. */
  readonly without: readonly string[];
  /** Two numbers of 32 bits: see SharedPlace. */
  readonly shared: SharedArrayBuffer;
}

/** Where what the two share stands in it. */
export const SharedPlace = {
  /** Bytes on their way to the owner: added by the thread, taken off by the owner. */
  outstanding: 0,
  /** Counted up by the owner behind each request: a sleeping thread hears it. */
  bell: 1,
} as const;

export type CaptureMessage =
  | {
      readonly kind: 'opened';
      readonly programs: readonly EventProgram[];
      readonly ringSize: number;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  /** A copy of a block of the ring; `lost`: since start. */
  | { readonly kind: 'events'; readonly block: Uint8Array<ArrayBuffer>; readonly lost: number }
  /** All that happened before the requests up to this number were made has been sent. */
  | { readonly kind: 'drained'; readonly request: number }
  /** The answer to `hear`: whether all that happened before it has been sent. */
  | { readonly kind: 'heard'; readonly all: boolean };

export type CaptureRequest =
  /** Waits until there is room for all. */
  | { readonly kind: 'drain'; readonly request: number }
  /** Waits for nothing. */
  | { readonly kind: 'hear' }
  | { readonly kind: 'stop' };

export function isCaptureOptions(value: unknown): value is CaptureOptions {
  return typeof value === 'object' && value !== null && 'role' in value && value.role === 'capture';
}
