// IP addresses: bytes to text and back, and the order in which they sort. IPv6 text follows RFC
// 5952 (lower case, the longest run of zero groups as `::`, IPv4-mapped addresses dotted). An
// address of another protocol than IPv4 and IPv6 does not exist here.

export type AddressBytes = Uint8Array;

export function formatIPv4(bytes: AddressBytes, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

function isMapped(bytes: AddressBytes, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/** Start and length of the longest run of zero groups, at least two long (RFC 5952, 4.2.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (i < groups.length && groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}

export function formatIPv6(bytes: AddressBytes, offset = 0): string {
  if (isMapped(bytes, offset)) return `::ffff:${formatIPv4(bytes, offset + 12)}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push(((bytes[offset + i] ?? 0) << 8) | (bytes[offset + i + 1] ?? 0));
  }
  const run = longestZeroRun(groups);
  const text = groups.map((group) => group.toString(16));
  if (run.start < 0) return text.join(':');
  const head = text.slice(0, run.start).join(':');
  return `${head}::${text.slice(run.start + run.length).join(':')}`;
}

/** Where a number up to 255 ends that begins at a place; -1 where none does. A leading zero is
 * refused: to some programs it means octal. */
function endOfByte(text: string, begin: number): number {
  let value = 0;
  let at = begin;
  for (; at < begin + 3; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  const isWrong = at === begin || value > 255 || (at > begin + 1 && text[begin] === '0');
  return isWrong ? -1 : at;
}

/** Makes nothing: it is asked of every address of a log. */
function isIPv4(text: string): boolean {
  let at = 0;
  for (let place = 0; place < 4; place++) {
    if (place > 0 && text.charCodeAt(at++) !== 0x2e) return false;
    at = endOfByte(text, at);
    if (at < 0) return false;
  }
  return at === text.length;
}

export function parseIPv4(text: string): AddressBytes | null {
  return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : null;
}

/** Groups between colons; the address may end, but only end, as an IPv4 one. */
function parseGroups(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const dotted = isEnd && last.includes('.') ? parseIPv4(last) : undefined;
  if (dotted === null) return null;
  const groups = dotted === undefined ? parts : parts.slice(0, -1);
  if (!groups.every((each) => /^[0-9a-f]{1,4}$/i.test(each))) return null;
  const numbers = groups.map((each) => Number.parseInt(each, 16));
  if (dotted !== undefined) {
    const view = new DataView(dotted.buffer);
    numbers.push(view.getUint16(0), view.getUint16(2));
  }
  return numbers;
}

export function parseIPv6(text: string): AddressBytes | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = parseGroups(halves[1] ?? '', true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const view = new DataView(new ArrayBuffer(16));
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (const [index, group] of groups.entries()) view.setUint16(index * 2, group);
  return new Uint8Array(view.buffer);
}

/** Bytes of an address without its scope: 4 for IPv4, 16 for IPv6; null for anything else. */
export function parseAddress(text: string): AddressBytes | null {
  if (!text.includes(':')) return parseIPv4(text);
  return parseIPv6(text.replace(/%[^%]+$/, ''));
}

/** As parseAddress(), where nobody needs the bytes. */
export function isAddress(text: string): boolean {
  return text.includes(':') ? parseAddress(text) !== null : isIPv4(text);
}

/** The IPv4 address inside an IPv4-mapped IPv6 one, else the address itself. */
export function unmapped(bytes: AddressBytes): AddressBytes {
  return bytes.length === 16 && isMapped(bytes, 0) ? bytes.subarray(12) : bytes;
}

/** IPv4 before IPv6, then by value. */
export function compareAddressBytes(a: AddressBytes, b: AddressBytes): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** So many addresses are remembered of each family, then all are forgotten: a busy server meets
 * millions in a month. */
const mostRemembered = 50_000;

/** Formats addresses met many times in a table; the same bytes give the same string object. */
export class AddressFormatter {
  readonly #ipv4 = new Map<number, string>();
  readonly #ipv6 = new Map<bigint, Map<bigint, string>>();

  ipv4(view: DataView, offset: number): string {
    const key = view.getUint32(offset);
    let text = this.#ipv4.get(key);
    if (text === undefined) {
      text = formatIPv4(new Uint8Array(view.buffer, view.byteOffset + offset, 4));
      if (this.#ipv4.size >= mostRemembered) this.#ipv4.clear();
      this.#ipv4.set(key, text);
    }
    return text;
  }

  /** `scope` is the interface number of a link-local address; 0 where there is none. */
  ipv6(view: DataView, offset: number, scope = 0): string {
    const high = view.getBigUint64(offset);
    const low = view.getBigUint64(offset + 8);
    let inner = this.#ipv6.get(high);
    if (inner === undefined || inner.size >= mostRemembered) {
      if (this.#ipv6.size >= mostRemembered) this.#ipv6.clear();
      inner = new Map();
      this.#ipv6.set(high, inner);
    }
    let text = inner.get(low);
    if (text === undefined) {
      text = formatIPv6(new Uint8Array(view.buffer, view.byteOffset + offset, 16));
      inner.set(low, text);
    }
    const linkLocal = high >> 54n === 0x3fan; // fe80::/10, RFC 4291 2.5.6
    return scope !== 0 && linkLocal ? `${text}%${scope}` : text;
  }
}
