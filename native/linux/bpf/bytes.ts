// Little-endian reads that never leave the given bytes: a lying offset or length becomes one
// clear error instead of a RangeError from somewhere inside.

import { MalformedObject } from './error.ts';

export class Bytes {
  readonly what: string;
  readonly data: Buffer;
  readonly #view: DataView;

  constructor(what: string, data: Uint8Array) {
    this.what = what;
    this.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get length(): number {
    return this.data.length;
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#inside(offset, 1));
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#inside(offset, 2), true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#inside(offset, 4), true);
  }

  /** For sizes and offsets: beyond 2^53 they would lie outside of any file. */
  u64(offset: number): number {
    return Number(this.#view.getBigUint64(this.#inside(offset, 8), true));
  }

  slice(offset: number, length: number): Buffer {
    this.#inside(offset, length);
    return this.data.subarray(offset, offset + length);
  }

  /** The text up to the next zero byte. */
  text(offset: number): string {
    this.#inside(offset, 1);
    const end = this.data.indexOf(0, offset);
    if (end < 0) throw this.malformed(`the text at ${offset} has no end`);
    return this.data.toString('utf8', offset, end);
  }

  malformed(contradiction: string): MalformedObject {
    return new MalformedObject(this.what, contradiction);
  }

  #inside(offset: number, length: number): number {
    if (offset < 0 || length < 0 || offset + length > this.data.length) {
      throw this.malformed(
        `${length} bytes at ${offset} reach beyond its ${this.data.length} bytes`,
      );
    }
    return offset;
  }
}
