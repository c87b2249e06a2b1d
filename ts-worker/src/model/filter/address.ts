// Addresses: exact, CIDR blocks, or text with wildcards. An IPv4-mapped IPv6 address (a dual-stack
// socket's IPv4 peer) answers to its IPv4 form too.

import { type AddressBytes, parseAddress, unmapped } from '../address.ts';
import { invalidFilter } from './invalid.ts';
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
  const [address = '', length] = text.split('/', 2);
  const bytes = parseAddress(address);
  const longest = (bytes?.length ?? 0) * 8;
  const bits = length === undefined ? longest : /^\d+$/.test(length) ? Number(length) : Number.NaN;
  if (bytes === null || !(bits <= longest)) throw invalidFilter(filter, text, accepted);
  return { bytes, bits, scope: address.split('%', 2)[1] ?? null };
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

/** Answers are remembered: a table repeats few addresses many times. */
export function addressTest(filter: string, texts: readonly string[]): TextTest {
  const patterns = texts.filter((text) => /[*?[]/.test(text));
  const blocks = texts
    .filter((text) => !/[*?[]/.test(text))
    .map((text) => parseBlock(filter, text.trim()));
  for (const pattern of patterns) {
    if (!/^[0-9a-f.:*?[\]%-]+$/i.test(pattern)) throw invalidFilter(filter, pattern, accepted);
  }
  const matches = patterns.length > 0 ? textTest(filter, patterns) : () => false;
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      const bytes = parseAddress(text);
      const inBlock = bytes !== null && blocks.some((block) => contains(block, bytes, text));
      answer = inBlock || matches(text);
      known.set(text, answer);
    }
    return answer;
  };
}
