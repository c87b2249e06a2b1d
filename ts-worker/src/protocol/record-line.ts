// Columns of numbers as a line of an answer has them: as they lie in memory, in base64, which both sides
// turn into each other some fifty times faster than numbers and texts. A line is put together as
// bytes, since as one long text it would be looked through and copied several times.

import { jsonOf } from './json.ts';

/** The end of an object, which columns go before. */
const brace = 0x7d;

const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** The columns as they stand behind their name, in pieces of a byte a character. */
function piecesOf(columns: object): string[] {
  const entries = Object.entries<ArrayBufferView | number>({ ...columns });
  return entries.flatMap(([column, numbers], index) => {
    const name = `${index === 0 ? '{' : ','}"${column}":`;
    if (typeof numbers === 'number') return [name, String(numbers)];
    return [`${name}"`, base64(numbers), '"'];
  });
}

/** The line of a part that has these columns beside all else; with its end. What is one number for all
 * stands among them as it is. */
export function columnLine(part: object, name: string, columns: object): Uint8Array {
  const rest = Buffer.from(jsonOf(part));
  const comma = rest.length > '{}'.length ? ',' : '';
  const pieces = [`${comma}"${name}":`, ...piecesOf(columns), '}}\n'];
  let at = rest.lastIndexOf(brace);
  const line = Buffer.allocUnsafe(pieces.reduce((size, { length }) => size + length, at));
  rest.copy(line, 0, 0, at);
  for (const piece of pieces) at += line.write(piece, at, 'latin1');
  return line;
}
