// The pattern of nearly every table call of Windows: it says how much room it needs, and by the
// next call it may need more. Asking is bounded; the buffer is kept, so that the next read fits at
// once.

import { FilledBuffer } from './bytes.ts';
import { addressOf } from './library.ts';
import {
  ERROR_INSUFFICIENT_BUFFER,
  NO_ERROR,
  STATUS_BUFFER_OVERFLOW,
  STATUS_BUFFER_TOO_SMALL,
  STATUS_INFO_LENGTH_MISMATCH,
  unreadable,
  Win32Error,
} from './win32-error.ts';

/** Fills `bytes` and gives a code; `size` holds the room there is and takes the room needed. */
export type FillCall = (bytes: Uint8Array, size: [number]) => number;

export type AddressOf = (bytes: Uint8Array) => bigint;

/** The most characters that a path or a command line can have, with its NUL (UNICODE_STRING). */
export const longestText = 32768;

/** Calls for names count in characters, and do not say how many they need. */
export const charactersIn = (bytes: Uint8Array): number =>
  Math.min(Math.floor(bytes.length / 2), longestText);

const attempts = 10;
const tooLarge = 1 << 30;

const needMoreRoom: ReadonlySet<number> = new Set([
  ERROR_INSUFFICIENT_BUFFER,
  STATUS_BUFFER_OVERFLOW,
  STATUS_INFO_LENGTH_MISMATCH,
  STATUS_BUFFER_TOO_SMALL,
]);

export class GrowingBuffer {
  #bytes: Uint8Array;
  readonly #addressOf: AddressOf;

  constructor(size: number, address: AddressOf = addressOf) {
    this.#bytes = new Uint8Array(size);
    this.#addressOf = address;
  }

  /** Calls until the answer fits; a table that outgrows every buffer is an error. */
  fill(call: string, fill: FillCall): FilledBuffer {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const size: [number] = [this.#bytes.length];
      const code = fill(this.#bytes, size);
      if (code === NO_ERROR)
        return new FilledBuffer(call, this.#bytes, this.#addressOf(this.#bytes));
      if (!needMoreRoom.has(code)) throw new Win32Error(call, code);
      this.#grow(call, size[0]);
    }
    throw unreadable(call, `it outgrew the room it asked for ${attempts} times`);
  }

  /** The same, but null where the call is refused: a process may deny it, or be gone. */
  tryFill(call: string, fill: FillCall): FilledBuffer | null {
    try {
      return this.fill(call, fill);
    } catch (error) {
      if (error instanceof Win32Error) return null;
      throw error;
    }
  }

  /** A quarter more than was asked for: the table may grow again before the next call. */
  #grow(call: string, needed: number): void {
    const size = Math.max(Math.ceil(needed * 1.25), this.#bytes.length * 2);
    if (size > tooLarge) throw unreadable(call, `it asks for ${needed} bytes`);
    this.#bytes = new Uint8Array(size);
  }
}
