// What goes out as JSON.

/** Half of a surrogate pair, which a name may hold, is all that JSON.stringify() writes as \ud…;
 * System.Text.Json would refuse the whole line for it. */
export function jsonOf(part: object): string {
  const text = JSON.stringify(part);
  if (!text.includes('\\ud')) return text;
  return text.replace(/\\(?:\\|ud[0-9a-f]{3})/g, (escaped) =>
    escaped === '\\\\' ? escaped : '\\ufffd',
  );
}
