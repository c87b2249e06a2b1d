import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { Ownerships } from '../../../ts-worker/src/snapshot/ownership.ts';
import { facts, heldBy, socket } from '../support/rows.ts';

const among = (...processes: readonly ProcessFacts[]): Ownerships =>
  new Ownerships(new Map(processes.map((each) => [each.pid, each])));

describe('the owner of an endpoint', () => {
  it('is the oldest live holder, whatever its pid', () => {
    const ownerships = among(
      facts(10, { startTime: 3000 }),
      facts(20, { startTime: 1000 }),
      facts(30, { startTime: 2000 }),
    );
    const { owner, sharedWith, attribution } = ownerships.of(heldBy([30, 10, 20]));
    assert.equal(owner?.pid, 20);
    assert.deepEqual(sharedWith, [10, 30]);
    assert.equal(attribution, 'Table');
  });

  it('is the one with the lowest pid where two started together', () => {
    const ownerships = among(facts(30, { startTime: 5 }), facts(20, { startTime: 5 }));
    assert.equal(ownerships.of(heldBy([30, 20])).owner?.pid, 20);
  });

  it('is known before one whose start is not', () => {
    const ownerships = among(facts(10), facts(20, { startTime: 5 }), facts(5));
    assert.equal(ownerships.of(heldBy([5, 10, 20])).owner?.pid, 20);
    assert.equal(ownerships.of(heldBy([10, 5])).owner?.pid, 5);
  });

  it('is never pid 1 while another process holds the socket', () => {
    const ownerships = among(facts(1, { startTime: 0 }), facts(50, { startTime: 9 }));
    const shared = ownerships.of(heldBy([1, 50]));
    assert.equal(shared.owner?.pid, 50);
    assert.deepEqual(shared.sharedWith, [1]);
    assert.equal(ownerships.of(heldBy([1])).owner?.pid, 1);
  });

  it('is not one that ended, while another lives', () => {
    const { owner, sharedWith } = among(facts(20)).of(heldBy([10, 20]));
    assert.equal(owner?.pid, 20);
    assert.deepEqual(sharedWith, [10]);
  });

  it('is the pid alone where all ended', () => {
    const { owner, sharedWith, attribution } = among().of(heldBy([20, 10]));
    assert.deepEqual(owner, facts(20));
    assert.deepEqual(sharedWith, [10]);
    assert.equal(attribution, 'Table');
  });

  it('is not another process that has the pid by now', () => {
    const holders = [{ pid: 10, startTime: 1000 }];
    const reused = among(facts(10, { startTime: 5000, name: 'other' }));
    assert.deepEqual(reused.of(socket({ holders })).owner, facts(10, { startTime: 1000 }));
    const same = among(facts(10, { startTime: 1010, name: 'same' })); // clock ticks are 10 ms
    assert.equal(same.of(socket({ holders })).owner?.name, 'same');
  });

  it('is nobody where there is no holder, which is told apart from one that is hidden', () => {
    const ownerships = among();
    assert.deepEqual(ownerships.of(socket({ ownerless: true })), {
      owner: null,
      sharedWith: [],
      attribution: 'None',
    });
    assert.deepEqual(ownerships.of(socket({ ownerless: false })), {
      owner: null,
      sharedWith: null,
      attribution: 'None',
    });
  });

  it('is one object for all endpoints of the same holders', () => {
    const ownerships = among(facts(1), facts(2), facts(12));
    assert.equal(ownerships.of(heldBy([2])), ownerships.of(heldBy([2])));
    assert.equal(ownerships.of(heldBy([1, 2])), ownerships.of(heldBy([1, 2])));
    assert.notEqual(ownerships.of(heldBy([1, 2])), ownerships.of(heldBy([12])));
  });
});
