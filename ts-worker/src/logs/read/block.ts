// A stretch of whole lines, as bytes and as text of a character a byte: the one is quick to scan,
// of the other pieces are quickly taken. Most lines are understood from their bytes, so the text is
// made only when somebody asks for it.

export class Block {
  readonly bytes: Buffer;
  /** Of the same bytes, for more than one at a time. */
  readonly view: DataView;
  #text: string | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get length(): number {
    return this.bytes.length;
  }

  /** Latin-1, so that places are the same in both. */
  get text(): string {
    this.#text ??= this.bytes.toString('latin1');
    return this.#text;
  }
}

export const blockOf = (bytes: Uint8Array): Block => new Block(bytes);

/** V8 keeps texts of more than 128 KB apart, and to make room for one takes ten times as long as to
 * copy it. */
const mostBytes = 96 * 1024;

const lineFeed = 0x0a;

/** Whole lines, in blocks that are quick to make texts of; a longer line is a block of its own. */
export function* blocksOf(lines: Buffer): Generator<Block> {
  for (let at = 0; at < lines.length; ) {
    const isLast = lines.length - at <= mostBytes;
    const last = isLast ? lines.length : lines.lastIndexOf(lineFeed, at + mostBytes - 1);
    const end = last >= at ? last : lines.indexOf(lineFeed, at + mostBytes);
    const stop = isLast ? end : end + 1;
    yield blockOf(lines.subarray(at, stop));
    at = stop;
  }
}

/** The place where a line ends, without what ends it; `end` is the place of its line feed. */
export function stopOf({ bytes }: Block, from: number, end: number): number {
  return end > from && bytes[end - 1] === 0x0d ? end - 1 : end;
}
