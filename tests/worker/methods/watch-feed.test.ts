// What a watch knows of the ends of its processes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Feed } from '../../../ts-worker/src/methods/watch-feed.ts';
import type { Change } from '../../../ts-worker/src/model/change.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { facts } from '../support/rows.ts';

const ten = facts(10, { startTime: 1000 });
const twenty = facts(20, { startTime: 1000 });
const alive = (...processes: readonly ProcessFacts[]) =>
  new Map(processes.map((each) => [each.pid, each]));

const feedFor = (...watched: readonly ProcessFacts[]): Feed =>
  new Feed({ passes: () => true, includeOwn: false }, alive(...watched));

const exited = (owner: ProcessFacts): Change => ({
  kind: 'ProcessExited',
  time: 0,
  ownership: { owner, sharedWith: null, attribution: 'Kernel' },
  source: 'Kernel',
});

const said = (feed: Feed): string[] =>
  feed.queue.take().map((change) => {
    if (!('ownership' in change)) return change.kind;
    return `${change.kind} ${change.ownership.owner?.pid} ${change.source}`;
  });

describe('the ends of watched processes', () => {
  it('the last is the end of the watch, after a while for their sockets', () => {
    const feed = feedFor(ten, twenty);
    feed.changes([exited(ten), exited(facts(30))]);
    assert.equal(feed.over, Number.POSITIVE_INFINITY);
    const before = performance.now();
    feed.changes([exited(twenty)]);
    assert.ok(feed.over > before && feed.over < performance.now() + 1000);
  });

  it('before the source could see them are told as inferred, once', () => {
    const feed = feedFor(ten, twenty);
    feed.foundAlive(alive(ten, twenty));
    assert.deepEqual(said(feed), []);
    feed.changes([exited(ten)]);
    feed.foundAlive(alive());
    assert.deepEqual(said(feed), ['ProcessExited 10 Kernel', 'ProcessExited 20 Inferred']);
    assert.ok(feed.over < Number.POSITIVE_INFINITY);
    feed.foundAlive(alive());
    assert.deepEqual(said(feed), []);
  });

  it('is noticed where another process has the pid by now', () => {
    const feed = feedFor(ten);
    feed.foundAlive(alive(facts(10, { startTime: 5000 })));
    assert.deepEqual(said(feed), ['ProcessExited 10 Inferred']);
  });
});
