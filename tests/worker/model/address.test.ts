import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, it } from 'node:test';
import {
  AddressFormatter,
  compareAddressBytes,
  formatIPv4,
  formatIPv6,
  parseAddress,
  parseIPv4,
  parseIPv6,
  unmapped,
} from '../../../ts-worker/src/model/address.ts';
import { Random } from '../support/random.ts';

const bytesOf = (text: string): Uint8Array => {
  const bytes = parseAddress(text);
  assert.ok(bytes !== null, `${text} is an address`);
  return bytes;
};

/** Addresses in which runs of zeros are likely. */
function randomIPv6(random: Random): Uint8Array {
  const bytes = random.bytes(16);
  for (let group = 0; group < 8; group++) {
    if (random.below(2) === 0) bytes.fill(0, group * 2, group * 2 + 2);
    else if (random.below(3) === 0) bytes[group * 2] = 0;
  }
  return bytes;
}

describe('address text', () => {
  const canonical: readonly (readonly [string, string])[] = [
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'], // 5952, 4.2.3: the first run
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // 4.2.2: one group is not shortened
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // 4.2.3: the longest run
    ['2001:DB8:AAAA::ABCD', '2001:db8:aaaa::abcd'], // 4.3: lower case
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['fe80:0:0:0:1:0:0:0', 'fe80::1:0:0:0'],
    ['0:0:1:0:0:0:0:0', '0:0:1::'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'], // 5: IPv4-mapped
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'], // translated, not mapped
    ['::192.0.2.1', '::c000:201'],
  ];
  for (const [text, expected] of canonical) {
    it(`writes ${text} as ${expected}`, () => {
      assert.equal(formatIPv6(bytesOf(text)), expected);
    });
  }

  it('reads back every IPv6 address it writes, and writes nothing longer than needed', () => {
    const random = new Random(1);
    for (let i = 0; i < 5000; i++) {
      const bytes = randomIPv6(random);
      const text = formatIPv6(bytes);
      assert.deepEqual(parseIPv6(text), bytes, text);
      assert.ok(isIPv6(text), text);
      assert.doesNotMatch(text, /(^|:)0[0-9a-f]|:::|[A-F]/, text);
    }
  });

  it('reads back every IPv4 address it writes, at any place in a table', () => {
    const random = new Random(2);
    for (let i = 0; i < 1000; i++) {
      const table = random.bytes(12);
      const text = formatIPv4(table, 4);
      assert.deepEqual(parseIPv4(text), table.slice(4, 8), text);
    }
  });

  it('accepts and refuses the texts that the system accepts and refuses', () => {
    const random = new Random(3);
    const pieces = [
      '::',
      ':',
      '.',
      '0',
      '1',
      'ff',
      '255',
      '256',
      '00',
      'g',
      'abcd',
      '12345',
      '%',
      ' ',
    ];
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: 1 + random.below(9) }, () => random.pick(pieces)).join('');
      if (text.includes('%')) continue; // scopes have a test of their own
      const expected = isIPv4(text) || isIPv6(text);
      assert.equal(parseAddress(text) !== null, expected, JSON.stringify(text));
      if (expected) accepted += 1;
    }
    assert.ok(accepted > 50, `${accepted} of the texts were addresses`);
  });

  const refused = ['1.2.3.4::', '01.2.3.4', '1.2.3', '1.2.3.256', '256.1.1.1', '', 'localhost'];
  for (const text of [...refused, '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4::5:6:7:8', '::12345']) {
    it(`refuses '${text}'`, () => assert.equal(parseAddress(text), null));
  }

  it('passes over the scope of an IPv6 address, which IPv4 has not', () => {
    assert.deepEqual(parseAddress('fe80::1%3'), bytesOf('fe80::1'));
    for (const text of ['127.0.0.1%3', 'fe80::1%', 'fe80::1%3%4']) {
      assert.equal(parseAddress(text), null, text);
    }
  });
});

describe('address values', () => {
  it('finds the IPv4 address inside a mapped one only', () => {
    assert.deepEqual([...unmapped(bytesOf('::ffff:10.1.2.3'))], [10, 1, 2, 3]);
    assert.deepEqual(unmapped(bytesOf('::fffe:10.1.2.3')), bytesOf('::fffe:10.1.2.3'));
    assert.deepEqual(unmapped(bytesOf('10.1.2.3')), bytesOf('10.1.2.3'));
  });

  it('sorts IPv4 before IPv6, then by value', () => {
    const sorted = [
      '2.0.0.0',
      '10.0.0.0',
      '10.0.0.1',
      '255.0.0.0',
      '::',
      '::1',
      '::ffff',
      'fe80::',
    ];
    const shuffled = [...sorted].reverse();
    shuffled.sort((a, b) => compareAddressBytes(bytesOf(a), bytesOf(b)));
    assert.deepEqual(shuffled, sorted);
  });
});

describe('AddressFormatter', () => {
  const view = (text: string): DataView => new DataView(bytesOf(text).slice().buffer);

  it('writes what the plain functions write, the second time too', () => {
    const random = new Random(4);
    const formatter = new AddressFormatter();
    for (let i = 0; i < 2000; i++) {
      const bytes = randomIPv6(random);
      const table = new DataView(bytes.buffer);
      for (let again = 0; again < 2; again++) {
        assert.equal(formatter.ipv6(table, 0), formatIPv6(bytes));
        assert.equal(formatter.ipv4(table, 12), formatIPv4(bytes, 12));
      }
    }
  });

  it('reads from the middle of a view that begins in the middle of a buffer', () => {
    const buffer = new Uint8Array([9, 9, 9, 9, 192, 0, 2, 7, 9, 9]);
    const part = new DataView(buffer.buffer, 2, 8);
    assert.equal(new AddressFormatter().ipv4(part, 2), '192.0.2.7');
  });

  it('puts the scope behind link-local addresses only', () => {
    const formatter = new AddressFormatter();
    assert.equal(formatter.ipv6(view('fe80::1'), 0, 3), 'fe80::1%3');
    assert.equal(formatter.ipv6(view('fe80::1'), 0, 4), 'fe80::1%4');
    assert.equal(formatter.ipv6(view('fe80::1'), 0, 0), 'fe80::1');
    assert.equal(formatter.ipv6(view('febf::1'), 0, 3), 'febf::1%3');
    assert.equal(formatter.ipv6(view('fec0::1'), 0, 3), 'fec0::1');
    assert.equal(formatter.ipv6(view('2001:db8::1'), 0, 3), '2001:db8::1');
  });
});
