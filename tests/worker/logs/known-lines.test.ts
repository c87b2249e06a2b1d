import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { blockOf } from '../../../ts-worker/src/logs/read/block.ts';
import { KnownLines } from '../../../ts-worker/src/logs/read/known-lines.ts';
import './support/arbitraries.ts'; // the same cases in every run

/** A line of two stretches with something else around them, which should not count. As in a log, each
 * begins with the comma before its field. */
function lineOf(first: string, second: string, other: string) {
  const block = blockOf(Buffer.from(other + first + other + second + other, 'latin1'));
  const from = other.length;
  const middle = from + first.length + other.length;
  return {
    block,
    stretches: Int32Array.of(from, from + first.length, middle, middle + second.length),
  };
}

/** Few characters and lengths around those that are compared at once, so that many are alike. */
const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\xff'), maxLength: 6 });

describe('KnownLines', () => {
  it('finds the same bytes, wherever they stand, and no others', () => {
    const anyLine = fc.tuple(piece, piece, fc.string({ maxLength: 3 }), fc.nat(1));
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 200 }), (lines) => {
        const known = new KnownLines();
        const numbers = new Map<string, number>();
        for (const [first, second, other, seed] of lines) {
          const { block, stretches } = lineOf(
            `,${first}`,
            `,${second}`,
            other.replace(/[^ -~]/g, ' '),
          );
          const key = `${seed},${first},${second}`;
          assert.equal(known.find(block, stretches, seed), numbers.get(key) ?? -1);
          if (numbers.has(key)) continue;
          known.add(block, stretches, seed, numbers.size);
          numbers.set(key, numbers.size);
        }
      }),
    );
  });

  it('compares all of long stretches, also what lies between the ends that are hashed', () => {
    const known = new KnownLines();
    const lines = Array.from({ length: 20 }, (_, number) => {
      const middle = `${'a'.repeat(number)}b${'a'.repeat(20 - number)}`;
      return lineOf(`,${'x'.repeat(40)}${middle}${'y'.repeat(40)}`, ',end', '..');
    });
    for (const [number, { block, stretches }] of lines.entries()) {
      assert.equal(known.find(block, stretches, 0), -1);
      known.add(block, stretches, 0, number);
    }
    const found = lines.map(({ block, stretches }) => known.find(block, stretches, 0));
    assert.deepEqual(found, [...lines.keys()]);
  });

  it('does not search forever where all are alike in what is hashed', () => {
    const known = new KnownLines();
    const line = (number: number) => {
      const middle = String(number).padStart(6, '0');
      return lineOf(`,${'x'.repeat(40)}${middle}${'y'.repeat(40)}`, ',end', '..');
    };
    const begun = performance.now();
    for (let number = 0; number < 20_000; number++) {
      const { block, stretches } = line(number);
      assert.equal(known.find(block, stretches, 0), -1);
      known.add(block, stretches, 0, number);
    }
    // Some 20 million comparisons of a few bytes too many would take minutes.
    assert.ok(performance.now() - begun < 10_000);
    assert.equal(known.find(line(0).block, line(0).stretches, 0), 0);
  });

  it('keeps apart as many as it takes', () => {
    const known = new KnownLines();
    const lines = Array.from({ length: 5000 }, (_, number) => lineOf(`,${number}`, ',end', '..'));
    for (const [number, { block, stretches }] of lines.entries()) {
      known.add(block, stretches, 0, number);
    }
    const found = lines.map(({ block, stretches }) => known.find(block, stretches, 0));
    assert.deepEqual(found, [...lines.keys()]);
    known.clear();
    for (const { block, stretches } of lines) assert.equal(known.find(block, stretches, 0), -1);
  });
});
