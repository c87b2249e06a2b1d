// Lines are cut while each byte is still one character (Latin-1), which is quick; what is kept of
// them is decoded here. Ours are UTF-8. Genuine logs may be in the code page of their machine: what
// is not UTF-8 is taken for Windows-1252.

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const beyondAscii = /[\x80-\xff]/;

/** 0x80 to 0x9f of Windows-1252, where it differs from Latin-1; five places are not used. Written
 * out, since Node 20 decodes it as Latin-1. */
const upper = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function fromWindows1252(bytes: string): string {
  return bytes.replace(/[\x80-\x9f]/g, (character) => upper[character.charCodeAt(0) - 0x80] ?? '');
}

export function decodeField(bytes: string): string {
  if (!beyondAscii.test(bytes)) return bytes;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return fromWindows1252(bytes);
  }
}
