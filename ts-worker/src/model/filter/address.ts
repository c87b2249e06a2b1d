// Addresses: exact, CIDR blocks, or text with wildcards. An IPv4-mapped IPv6 address (a dual-stack
// socket's IPv4 peer) answers to its IPv4 form too.

import { type AddressBytes, parseAddress, unmapped } from '../address.ts';
import { invalidFilter } from './invalid.ts';
import { remembered } from './remembered.ts';
import { type TextTest, textTest } from './text.ts';

const accepted =
  'an IPv4 or IPv6 address, a CIDR block such as 10.0.0.0/8 or fe80::/10, or text with wildcards ' +
  'such as 192.168.*';

interface Block {
  readonly bytes: AddressBytes;
  readonly bits: number;
  /** Only addresses with the same scope; null for any. */
  readonly scope: string | null;
}

function parseBlock(filter: string, text: string): Block {
  const [address = '', length, ...more] = text.split('/');
  const bytes = parseAddress(address);
  const longest = (bytes?.length ?? 0) * 8;
  const bits = length === undefined ? longest : /^\d+$/.test(length) ? Number(length) : Number.NaN;
  if (bytes === null || !(bits <= longest) || more.length > 0)
    throw invalidFilter(filter, text, accepted);
  const scope = address.split('%', 2)[1] ?? null;
  // A name such as eth0 would fit nothing.
  if (scope !== null && !/^\d+$/.test(scope)) {
    const hint = 'The zone behind % is the number of an interface, as in fe80::1%2.';
    throw invalidFilter(filter, text, accepted, { hint });
  }
  return { bytes, bits, scope };
}

function sharesPrefix(a: AddressBytes, b: AddressBytes, bits: number): boolean {
  if (a.length !== b.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = bits & 7;
  return rest === 0 || ((a[whole] ?? 0) ^ (b[whole] ?? 0)) >> (8 - rest) === 0;
}

function contains(block: Block, bytes: AddressBytes, text: string): boolean {
  if (block.scope !== null && text.split('%', 2)[1] !== block.scope) return false;
  return (
    sharesPrefix(block.bytes, bytes, block.bits) ||
    sharesPrefix(block.bytes, unmapped(bytes), block.bits)
  );
}

/** `[::1]`, as a port is written behind it and as the views show it. As a wildcard it would be one
 * character, which no address is. */
function withoutBrackets(text: string): string {
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  return inside?.includes(':') && parseAddress(inside) !== null ? inside : text;
}

const wildcard = /[*?[]/;
const hasWildcard = (text: string): boolean => wildcard.test(text);
const mappedPrefix = /^::ffff:(?=\d+\.)/;

function patternTest(filter: string, patterns: readonly string[]): TextTest {
  for (const pattern of patterns) {
    if (!/^[0-9a-f.:*?[\]%-]+$/i.test(pattern)) throw invalidFilter(filter, pattern, accepted);
  }
  const test = textTest(filter, patterns);
  return (text) => test(text) || test(text.replace(mappedPrefix, ''));
}

export function addressTest(filter: string, texts: readonly string[]): TextTest {
  const given = texts.map((text) => withoutBrackets(text.trim()));
  const matches = patternTest(filter, given.filter(hasWildcard));
  const blocks = given.filter((text) => !hasWildcard(text)).map((text) => parseBlock(filter, text));
  return remembered((text) => {
    const bytes = parseAddress(text);
    const inBlock = bytes !== null && blocks.some((block) => contains(block, bytes, text));
    return inBlock || matches(text);
  });
}
