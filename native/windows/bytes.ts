// Reading bytes that Windows filled in, with every length checked before it is believed. Structures
// are those of 64-bit Windows (little-endian, 8-byte pointers), x64 and arm64 alike.

import { unreadable } from './win32-error.ts';

const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });

/** A buffer as a call filled it, and the address that it had then. */
export class FilledBuffer {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #base: bigint;

  constructor(what: string, bytes: Uint8Array, base: bigint) {
    this.what = what;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#base = base;
  }

  /** Throws unless `length` bytes from `offset` on lie inside the buffer. */
  check(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.bytes.length) {
      const room = `${length} bytes at ${offset} in a buffer of ${this.bytes.length}`;
      throw unreadable(this.what, `it names ${room}`);
    }
  }

  /** The pointer at `offset` as an offset into this buffer; null where it is NULL. */
  pointer(offset: number): number | null {
    this.check(offset, 8);
    const target = this.view.getBigUint64(offset, true);
    if (target === 0n) return null;
    const inside = target - this.#base;
    if (inside < 0n || inside > BigInt(this.bytes.length)) {
      throw unreadable(this.what, `the pointer at ${offset} leads outside it`);
    }
    return Number(inside);
  }

  text(offset: number, length: number): string {
    this.check(offset, length);
    return utf16.decode(this.bytes.subarray(offset, offset + length));
  }

  /** A string that ends with a NUL (LPWSTR). */
  terminatedText(offset: number): string {
    let end = offset;
    for (; ; end += 2) {
      this.check(end, 2);
      if (this.view.getUint16(end, true) === 0) break;
    }
    return this.text(offset, end - offset);
  }

  /** struct UNICODE_STRING (winternl.h): Length in bytes, MaximumLength, Buffer; null if empty. */
  unicodeString(offset: number): string | null {
    this.check(offset, 16);
    const length = this.view.getUint16(offset, true);
    const start = this.pointer(offset + 8);
    return length === 0 || start === null ? null : this.text(start, length);
  }
}

/** Between 1601-01-01 and 1970-01-01 in units of 100 ns (FILETIME, minwinbase.h). */
const epoch = 116444736000000000n;

/** FILETIME to milliseconds since 1970 with microseconds behind the point; null for zero. */
export function fileTimeToMilliseconds(time: bigint): number | null {
  return time === 0n ? null : Number((time - epoch) / 10n) / 1000;
}
