// What a process calls itself must not break a line, forge another record, or run as a formula when
// the log is opened in a spreadsheet. So what could is percent-encoded, as in a URL: the bytes of
// its UTF-8, each as %HH. An empty text is a lone `%`, so that it differs from no text at all.
//
// Encoded are the comma, `"`, control characters (with U+0085), U+2028 and U+2029, `<`, `>`, `%`,
// half surrogate pairs (which have no UTF-8), `;` (a separator of spreadsheets), and `= + - @`
// where a text begins with them (or with their full-width forms).

const hostile = /[\p{Cc}\p{Cs}",;<>%\u2028\u2029]|^[=+\-@\uff1d\uff0b\uff0d\uff20]/gu;

/** Half of a surrogate pair as three bytes, by the rule of UTF-8 (known as WTF-8). */
const halfPair = (code: number): readonly number[] => [
  0xe0 | (code >> 12),
  0x80 | ((code >> 6) & 0x3f),
  0x80 | (code & 0x3f),
];

const encoder = new TextEncoder();
const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

function encodeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const isHalf = code >= 0xd800 && code <= 0xdfff;
  const bytes = isHalf ? halfPair(code) : encoder.encode(character);
  return Array.from(bytes, percent).join('');
}

export function escapeText(text: string): string {
  return text === '' ? '%' : text.replace(hostile, encodeCharacter);
}

/** A text in a place where blanks, of any kind, separate. */
export const escapeWord = (text: string): string =>
  escapeText(text).replace(/\s/gu, encodeCharacter);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The surrogates that halfPair() wrote, then UTF-8; what is neither is shown as `\xHH`. */
function decodeBytes(run: string): string {
  const bytes = Uint8Array.from(run.slice(1).split('%'), (each) => Number.parseInt(each, 16));
  try {
    return decoder.decode(bytes);
  } catch {
    return Array.from(decodeSequences(bytes)).join('');
  }
}

function* decodeSequences(bytes: Uint8Array): Generator<string> {
  for (let i = 0; i < bytes.length; ) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(i, i + 3);
    if (first === 0xed && second >= 0xa0 && second <= 0xbf && third >= 0x80 && third <= 0xbf) {
      yield String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
      i += 3;
      continue;
    }
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const sequence = bytes.subarray(i, i + length);
    const text = tryDecode(sequence);
    yield text ?? `\\x${first.toString(16).padStart(2, '0')}`;
    i += text === null ? 1 : length;
  }
}

function tryDecode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

const run = /(?:%[0-9a-f]{2})+/gi;

export function unescapeText(text: string): string {
  if (!text.includes('%')) return text;
  return text === '%' ? '' : text.replace(run, decodeBytes);
}

/** Texts in one field: `-` where the list is empty, nothing where it is not known. */
export function escapeList(texts: readonly string[] | null): string {
  if (texts === null) return '';
  if (texts.length === 0) return '-';
  return texts.map((text) => escapeText(text).replaceAll('|', '%7C')).join('|');
}

export function unescapeList(text: string): readonly string[] | null {
  if (text === '') return null;
  return text === '-' ? [] : text.split('|').map(unescapeText);
}
