// What is in TIME_WAIT, held against a plain list of the same.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Entry, entryOf } from '../../../ts-worker/src/activity/entry.ts';
import { nobody } from '../../../ts-worker/src/activity/image.ts';
import { TimeWaits } from '../../../ts-worker/src/activity/time-waits.ts';
import { SocketColumns } from '../../../ts-worker/src/endpoints/socket-columns.ts';
import { facts, socket } from '../support/rows.ts';

/** Few ports, so that many have the same; `cookie` is also the moment of the last change. */
function waiting(cookie: number): Entry {
  const remote = { remoteAddress: '127.0.0.2', remotePort: 80 };
  const endpoint = socket({ localPort: cookie % 7, ...remote, state: 'TimeWait', cookie });
  return entryOf(cookie, endpoint, nobody, cookie);
}

const cookiesOf = (entries: Iterable<Entry>): number[] =>
  [...entries].map(({ cookie }) => cookie).sort((a, b) => a - b);

/** Both do the same; `all` by searching through a list. */
class Both {
  readonly waits = new TimeWaits();
  all: Entry[] = [];
  #reading = 0;

  add(cookie: number): void {
    if (this.waits.has(cookie)) return;
    this.waits.add(waiting(cookie));
    this.all.push(waiting(cookie));
  }

  take(cookie: number): void {
    const expected = this.all.find((entry) => entry.cookie === cookie) ?? null;
    assert.deepEqual(this.waits.take(cookie), expected);
    this.all = this.all.filter((entry) => entry.cookie !== cookie);
  }

  takeLike(cookie: number): void {
    const { endpoint } = waiting(cookie);
    const taken = this.waits.takeLike(endpoint);
    const like = this.all.filter((entry) => entry.endpoint.localPort === endpoint.localPort);
    assert.equal(taken === null, like.length === 0);
    assert.ok(taken === null || cookiesOf(like).includes(taken.cookie));
    this.all = this.all.filter((entry) => entry.cookie !== taken?.cookie);
  }

  /** A reading shows only those with these cookies; what changed last is left alone, and so is
   * whatever has a cookie that can be divided by three. */
  compare(shown: readonly number[], moment: number): void {
    const reading = ++this.#reading;
    const sockets = new SocketColumns();
    for (const cookie of shown) {
      const place = sockets.addEndpoint(waiting(cookie).endpoint, 0);
      const isThere = this.all.some((entry) => entry.cookie === cookie);
      assert.equal(this.waits.isSeen(cookie, sockets, place, reading), isThere);
    }
    const isOver = ({ cookie }: Entry) => cookie % 3 !== 0;
    const isGone = (entry: Entry) =>
      !shown.includes(entry.cookie) && entry.changedAt < moment && isOver(entry);
    const gone = this.waits.takeUnseen(reading, moment, isOver);
    assert.deepEqual(cookiesOf(gone), cookiesOf(this.all.filter(isGone)));
    this.all = this.all.filter((entry) => !isGone(entry));
  }

  agree(): void {
    assert.equal(this.waits.size, this.all.length);
    assert.deepEqual(cookiesOf(this.waits), cookiesOf(this.all));
  }
}

const cookie = fc.integer({ min: 1, max: 60 });
const step = fc.oneof(
  fc.record({ add: cookie }),
  fc.record({ take: cookie }),
  fc.record({ takeLike: cookie }),
  fc.record({ shown: fc.array(cookie), moment: cookie }),
);

describe('what is in TIME_WAIT', () => {
  it('is found, taken out and left as in a plain list', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const both = new Both();
        for (const each of steps) {
          if ('add' in each) both.add(each.add);
          else if ('take' in each) both.take(each.take);
          else if ('takeLike' in each) both.takeLike(each.takeLike);
          else both.compare(each.shown, each.moment);
          both.agree();
        }
      }),
    );
  });

  it('may be much, and then little again', () => {
    const waits = new TimeWaits();
    const count = 20_000;
    for (let number = 1; number <= count; number++) waits.add(waiting(number));
    const gone = waits.takeUnseen(1, count - 10, () => true);
    assert.equal(gone.length, count - 11);
    assert.equal(waits.size, 11);
    for (let number = count; number > count - 11; number--) {
      assert.equal(waits.take(number)?.cookie, number);
    }
    assert.equal(waits.size, 0);
  });

  it('has cookies of more than 32 bits, told apart by all of them', () => {
    const waits = new TimeWaits();
    const cookies = [1, 1 + 2 ** 32, 1 + 2 ** 40];
    for (const number of cookies) waits.add(waiting(number));
    for (const number of cookies) assert.equal(waits.take(number)?.cookie, number);
  });

  it('is not what a reading shows otherwise', () => {
    const waits = new TimeWaits();
    waits.add(waiting(1));
    const sockets = new SocketColumns();
    const { endpoint } = waiting(1);
    const place = sockets.addEndpoint({ ...endpoint, state: 'Established' }, 0);
    assert.equal(waits.isSeen(1, sockets, place, 1), false);
    assert.equal(waits.takeUnseen(1, 2, () => true).length, 1);
  });

  it('gets other owners where the clock was set', () => {
    const waits = new TimeWaits();
    waits.add(waiting(1));
    const ownership = { owner: facts(10), sharedWith: null, attribution: 'Kernel' } as const;
    waits.moveOwners((before) => (before === nobody ? ownership : before));
    assert.equal(waits.take(1)?.ownership, ownership);
  });
});
