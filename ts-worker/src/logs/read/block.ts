// A stretch of whole lines, as bytes and as text of a character a byte: the one is quick to scan,
// of the other pieces are quickly taken.

export interface Block {
  readonly bytes: Uint8Array;
  /** Of the same bytes, for more than one at a time. */
  readonly view: DataView;
  /** Latin-1, so that places are the same in both. */
  readonly text: string;
}

export function blockOf(bytes: Uint8Array): Block {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, text: buffer.toString('latin1') };
}

/** The place where a line ends, without what ends it; `end` is the place of its line feed. */
export function stopOf({ bytes }: Block, from: number, end: number): number {
  return end > from && bytes[end - 1] === 0x0d ? end - 1 : end;
}
