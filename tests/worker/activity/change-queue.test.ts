import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChangeQueue } from '../../../ts-worker/src/activity/change-queue.ts';
import type { Change } from '../../../ts-worker/src/model/change.ts';
import { change } from '../support/changes.ts';

const changes = (count: number, from = 0): Change[] =>
  Array.from({ length: count }, (_, i) => change({ time: from + i }));

const timesOf = (taken: readonly Change[]) =>
  taken.map((each) => (each.kind === 'Gap' ? `gap of ${each.missed}` : each.time));

/** Whether the promise is settled by now. */
async function isDone(promise: Promise<void> | undefined): Promise<boolean> {
  const no = new Promise<false>((resolve) => setImmediate(resolve, false));
  return (await Promise.race([promise?.then(() => true), no])) !== false;
}

describe('the queue before a reader', () => {
  it('gives what came, in order, once', () => {
    const queue = new ChangeQueue(10, 'slow');
    queue.push(changes(2));
    queue.push(changes(1, 2));
    assert.deepEqual(timesOf(queue.take()), [0, 1, 2]);
    assert.deepEqual(queue.take(), []);
  });

  it('tells what does not fit as a gap, where it is missing', () => {
    const queue = new ChangeQueue(5, 'slow');
    queue.push(changes(3));
    queue.push(changes(4, 3));
    queue.push(changes(1, 7));
    assert.deepEqual(timesOf(queue.take()), [0, 1, 2, 3, 4, 'gap of 3']);
    queue.push(changes(1, 8));
    assert.deepEqual(timesOf(queue.take()), [8]);
  });

  it('says why in the gap', () => {
    const queue = new ChangeQueue(0, 'the reader is slow');
    queue.push(changes(1));
    const [gap] = queue.take();
    assert.ok(gap?.kind === 'Gap');
    assert.equal(gap.reason, 'the reader is slow');
  });

  it('asks a source to wait when a fifth is full, until that is taken', async () => {
    const queue = new ChangeQueue(10, 'slow');
    queue.push(changes(1));
    assert.equal(queue.ready(), undefined);
    queue.push(changes(1));
    const [one, other] = [queue.ready(), queue.ready()];
    assert.ok(!(await isDone(one)));
    queue.take();
    assert.ok((await isDone(one)) && (await isDone(other)));
  });

  it('ends the wait for something new when there is something', async () => {
    const queue = new ChangeQueue(10, 'slow');
    const waiting = queue.wait(60_000);
    assert.ok(!(await isDone(waiting)));
    queue.push(changes(1));
    assert.ok(await isDone(waiting));
    assert.ok(await isDone(queue.wait(60_000)), 'and does not begin where it is there already');
  });

  it('ends the wait when it is woken, and in its time', async () => {
    const queue = new ChangeQueue(10, 'slow');
    const waiting = queue.wait(Number.MAX_SAFE_INTEGER);
    queue.wake();
    assert.ok(await isDone(waiting));
    await queue.wait(1);
  });
});
