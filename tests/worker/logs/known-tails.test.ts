import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KnownTails } from '../../../ts-worker/src/logs/read/known-tails.ts';
import './support/arbitraries.ts'; // the same cases in every run

/** A tail within other bytes, with a time in its middle; both should not count. */
function tailOf(head: string, end: string, front = 1, other = '..', time = 'T1:2') {
  const bytes = Buffer.from(other + head + time + end + other, 'latin1');
  const from = other.length;
  const begin = from + head.length;
  const tail = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    from,
    to: bytes.length - other.length,
    front,
  };
  return { tail, time: { from: begin, to: begin + time.length } };
}

/** Few characters and lengths around those that are compared at once, so that many are alike. */
const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\xff'), maxLength: 6 });
const anyTime = fc.string({ unit: fc.constantFrom('1', '2'), minLength: 4, maxLength: 4 });
const anyTail = fc.tuple(piece, piece, fc.nat(1), fc.string({ maxLength: 3 }), anyTime);

describe('KnownTails', () => {
  it('finds the same bytes, wherever they stand and whatever the time is, and no others', () => {
    fc.assert(
      fc.property(fc.array(anyTail, { maxLength: 200 }), (tails) => {
        const known = new KnownTails();
        const numbers = new Map<string, number>();
        for (const [head, end, front, other, moment] of tails) {
          const around = other.replace(/[^ -~]/g, ' ');
          const { tail, time } = tailOf(`,1234567,${head},`, `,${end}`, front, around, moment);
          const key = `${front},${head},${end}`;
          const found = known.find(tail);
          assert.equal(found?.number, numbers.get(key));
          if (found !== null) {
            assert.deepEqual(
              [tail.from + found.head, found.timeLength, tail.to - found.end],
              [time.from, moment.length, time.to],
            );
          } else {
            known.add(tail, time, numbers.size);
            numbers.set(key, numbers.size);
          }
        }
      }),
    );
  });

  it('takes a whole tail where there is no time in it', () => {
    const known = new KnownTails();
    const { tail } = tailOf(',1096,svchost.exe,<a', '>');
    known.add(tail, { from: tail.to, to: tail.to }, 7);
    assert.deepEqual([known.find(tail)?.number, known.find(tail)?.timeLength], [7, 0]);
    assert.equal(known.find({ ...tail, to: tail.to - 1 }), null);
  });

  it('has none that is too short to be told apart from its time', () => {
    const known = new KnownTails();
    const { tail, time } = tailOf(',1,a,', ',b');
    known.add(tail, time, 7);
    assert.equal(known.find(tail), null);
    assert.equal(known.find({ ...tail, to: tail.from + 3 }), null);
  });

  it('has none whose end is its time, nor a very long one', () => {
    const known = new KnownTails();
    for (const end of ['', ',a', `,${'x'.repeat(2000)}`]) {
      const { tail, time } = tailOf(',1234567,server,', end);
      known.add(tail, time, 7);
      assert.equal(known.find(tail), null);
    }
  });

  it('compares all bytes, also those that are not hashed', () => {
    const known = new KnownTails();
    const tails = Array.from({ length: 20 }, (_, number) => {
      const middle = `${'a'.repeat(number)}b${'a'.repeat(20 - number)}`;
      return tailOf(`,1234567,${middle}`, `,${middle},end`);
    });
    for (const [number, { tail, time }] of tails.entries()) {
      assert.equal(known.find(tail), null);
      known.add(tail, time, number);
    }
    const found = tails.map(({ tail }) => known.find(tail)?.number);
    assert.deepEqual(found, [...tails.keys()]);
  });

  it('does not search forever where all are alike in what is hashed', () => {
    const known = new KnownTails();
    const tailOfNumber = (number: number) => {
      return tailOf(`,1234567,${String(number).padStart(6, '0')}`, `${'x'.repeat(40)},end`);
    };
    const begun = performance.now();
    for (let number = 0; number < 20_000; number++) {
      const { tail, time } = tailOfNumber(number);
      assert.equal(known.find(tail), null);
      known.add(tail, time, number);
    }
    // Some 20 million comparisons of a few bytes too many would take minutes.
    assert.ok(performance.now() - begun < 10_000);
    assert.equal(known.find(tailOfNumber(0).tail)?.number, 0);
  });

  it('keeps apart as many as it takes', () => {
    const known = new KnownTails();
    const tails = Array.from({ length: 5000 }, (_, number) => tailOf(`,${number},server`, ',end'));
    for (const [number, { tail, time }] of tails.entries()) known.add(tail, time, number);
    const found = tails.map(({ tail }) => known.find(tail)?.number);
    assert.deepEqual(found, [...tails.keys()]);
    known.clear();
    for (const { tail } of tails) assert.equal(known.find(tail), null);
  });
});
