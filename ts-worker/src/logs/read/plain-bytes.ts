// The bytes of a log, whatever it was packed in: gzip is unpacked, UTF-16 becomes UTF-8, a byte
// order mark is dropped. What comes out is UTF-8 or Windows-1252 (field-text.ts tells them apart).

import { createGunzip, type Gunzip } from 'node:zlib';

type Chunks = AsyncIterable<Uint8Array>;

/** Compressed bytes that are unpacked at once: they may become a thousand times as many. */
const gzipStep = 16_384;

/** A stream that unpacks what is written to it, piece by piece, and keeps what it could unpack even
 * where the file ends too early. */
class Unpacker {
  readonly #gunzip: Gunzip = createGunzip();
  readonly #failed: Promise<void>;
  #unpacked: Uint8Array[] = [];
  error: Error | null = null;

  constructor() {
    this.#gunzip.on('data', (bytes: Buffer) => this.#unpacked.push(bytes));
    this.#failed = new Promise((resolve) => {
      this.#gunzip.once('error', (error) => {
        this.error = error;
        resolve();
      });
    });
  }

  async write(bytes: Uint8Array): Promise<Uint8Array[]> {
    const written = new Promise((resolve) => this.#gunzip.write(bytes, resolve));
    await Promise.race([written, this.#failed]);
    return this.#unpacked.splice(0);
  }

  async end(): Promise<Uint8Array[]> {
    const ended = new Promise((resolve) => this.#gunzip.once('end', resolve));
    this.#gunzip.end();
    await Promise.race([ended, this.#failed]);
    return this.#unpacked.splice(0);
  }

  close(): void {
    this.#gunzip.destroy();
  }
}

/** Throws after everything that could be unpacked was given. */
async function* unpacked(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const unpacker = new Unpacker();
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && unpacker.error === null; at += gzipStep) {
        yield* await unpacker.write(chunk.subarray(at, at + gzipStep));
      }
      if (unpacker.error !== null) break;
    }
    if (unpacker.error === null) yield* await unpacker.end();
    if (unpacker.error !== null) throw new PackedWrongly(unpacker.error);
  } finally {
    unpacker.close();
  }
}

/** The file is cut off, or was changed after it was packed. */
export class PackedWrongly extends Error {
  constructor(cause: Error) {
    super(`gzip: ${cause.message}`, { cause });
  }
}

async function* fromUtf16(chunks: Chunks, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of chunks) {
    yield encoder.encode(decoder.decode(chunk, { stream: true }));
  }
  yield encoder.encode(decoder.decode());
}

/** Puts the first bytes together until there are enough to tell what they are. */
async function* withFirstBytes(chunks: Chunks): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | null = new Uint8Array();
  for await (const chunk of chunks) {
    if (first === null) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length < 4) continue;
      yield first;
      first = null;
    }
  }
  if (first !== null && first.length > 0) yield first;
}

function utf16Of([first, second, third, fourth]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return 'utf-16le';
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return 'utf-16be';
  return null;
}

const isGzip = ([first, second]: Uint8Array): boolean => first === 0x1f && second === 0x8b;
const hasMark = ([first, second, third]: Uint8Array): boolean =>
  first === 0xef && second === 0xbb && third === 0xbf;

async function* prepend(first: Uint8Array, rest: Chunks): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

export async function* plainBytes(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const iterator = withFirstBytes(chunks);
  try {
    const { value: first, done } = await iterator.next();
    if (done === true) return;
    const encoding = utf16Of(first);
    if (isGzip(first)) yield* plainBytes(unpacked(prepend(first, iterator)));
    else if (encoding !== null) yield* fromUtf16(prepend(first, iterator), encoding);
    else yield* prepend(hasMark(first) ? first.subarray(3) : first, iterator);
  } finally {
    // Who stops at the first chunk has not asked for the rest, which would close the file.
    await iterator.return(undefined);
  }
}
