import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SocketColumns } from '../../../ts-worker/src/endpoints/socket-columns.ts';
import type { OpenSocket } from '../../../ts-worker/src/endpoints/source.ts';
import type { Ownership, ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { ownershipsOf } from '../../../ts-worker/src/snapshot/ownership.ts';
import { facts, heldBy, socket } from '../support/rows.ts';

/** Who owns a socket where these processes are known. */
function among(...processes: readonly ProcessFacts[]) {
  const facts = new Map(processes.map((each) => [each.pid, each]));
  return (socket: OpenSocket): Ownership => {
    const { holderLists, holders } = SocketColumns.of([socket]);
    const ownership = ownershipsOf(holderLists, facts)[holders[0] ?? 0];
    assert(ownership !== undefined);
    return ownership;
  };
}

describe('the owner of an endpoint', () => {
  it('is the oldest live holder, whatever its pid', () => {
    const ownershipOf = among(
      facts(10, { startTime: 3000 }),
      facts(20, { startTime: 1000 }),
      facts(30, { startTime: 2000 }),
    );
    const { owner, sharedWith, attribution } = ownershipOf(heldBy([30, 10, 20]));
    assert.equal(owner?.pid, 20);
    assert.deepEqual(sharedWith, [10, 30]);
    assert.equal(attribution, 'Table');
  });

  it('is the one with the lowest pid where two started together', () => {
    const ownershipOf = among(facts(30, { startTime: 5 }), facts(20, { startTime: 5 }));
    assert.equal(ownershipOf(heldBy([30, 20])).owner?.pid, 20);
  });

  it('is known before one whose start is not', () => {
    const ownershipOf = among(facts(10), facts(20, { startTime: 5 }), facts(5));
    assert.equal(ownershipOf(heldBy([5, 10, 20])).owner?.pid, 20);
    assert.equal(ownershipOf(heldBy([10, 5])).owner?.pid, 5);
  });

  it('is never pid 1 while another process holds the socket', () => {
    const ownershipOf = among(facts(1, { startTime: 0 }), facts(50, { startTime: 9 }));
    const shared = ownershipOf(heldBy([1, 50]));
    assert.equal(shared.owner?.pid, 50);
    assert.deepEqual(shared.sharedWith, [1]);
    assert.equal(ownershipOf(heldBy([1])).owner?.pid, 1);
  });

  it('is not one that ended, while another lives', () => {
    const { owner, sharedWith } = among(facts(20))(heldBy([10, 20]));
    assert.equal(owner?.pid, 20);
    assert.deepEqual(sharedWith, [10]);
  });

  it('is the pid alone where all ended', () => {
    const { owner, sharedWith, attribution } = among()(heldBy([20, 10]));
    assert.deepEqual(owner, facts(20));
    assert.deepEqual(sharedWith, [10]);
    assert.equal(attribution, 'Table');
  });

  it('is not another process that has the pid by now', () => {
    const holders = [{ pid: 10, startTime: 1000 }];
    const ownerAmongReused = among(facts(10, { startTime: 5000, name: 'other' }));
    assert.deepEqual(ownerAmongReused(socket({ holders })).owner, facts(10, { startTime: 1000 }));
    const ownerAmongSame = among(facts(10, { startTime: 1010, name: 'same' })); // clock ticks are 10 ms
    assert.equal(ownerAmongSame(socket({ holders })).owner?.name, 'same');
  });

  it('is nobody where there is no holder, which is told apart from one that is hidden', () => {
    const ownershipOf = among();
    assert.deepEqual(ownershipOf(socket({ ownerless: true })), {
      owner: null,
      sharedWith: [],
      attribution: 'None',
    });
    assert.deepEqual(ownershipOf(socket({ ownerless: false })), {
      owner: null,
      sharedWith: null,
      attribution: 'None',
    });
  });
});
