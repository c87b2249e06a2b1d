// Who is believed to have accepted a connection.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Listener, Listeners } from '../../../ts-worker/src/activity/listeners.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { facts, socket } from '../support/rows.ts';

const www = facts(20, { startTime: 1000 });
const other = facts(21, { startTime: 1000 });

const listenerAt = (
  localAddress: string,
  owner: ProcessFacts | null,
  about: Partial<Endpoint> = {},
): Listener => ({
  endpoint: socket({ localAddress, ...about }),
  ownership: { owner, sharedWith: null, attribution: 'Kernel' },
});

const accepted = (about: Partial<Endpoint> = {}): Endpoint =>
  socket({ remoteAddress: '127.0.0.1', remotePort: 50_000, state: 'Established', ...about });

function indexOf(...listeners: readonly Listener[]): Listeners {
  const index = new Listeners(() => false);
  for (const each of listeners) index.add(each);
  return index;
}

describe('the owner of an accepted connection', () => {
  it('is who listens on its very address, before who listens on any', () => {
    const index = indexOf(listenerAt('0.0.0.0', other), listenerAt('127.0.0.1', www));
    assert.equal(index.ownerOf(accepted()), www);
    assert.equal(index.ownerOf(accepted({ localAddress: '127.0.0.2' })), other);
  });

  it('over IPv6, and over IPv4 through an IPv6 listener, is who listens on ::', () => {
    const index = indexOf(listenerAt('::', www, { family: 'IPv6' }));
    const over = (localAddress: string) => accepted({ localAddress, family: 'IPv6' });
    assert.equal(index.ownerOf(over('::1')), www);
    assert.equal(index.ownerOf(over('::ffff:127.0.0.1')), www);
    assert.equal(index.ownerOf(accepted()), null, 'another listener took that');
  });

  it('is of its own namespace and port', () => {
    const index = indexOf(listenerAt('0.0.0.0', www, { namespace: 'blue' }));
    assert.equal(index.ownerOf(accepted()), null);
    assert.equal(index.ownerOf(accepted({ namespace: 'blue' })), www);
    assert.equal(index.ownerOf(accepted({ namespace: 'blue', localPort: 81 })), null);
  });

  it('is not known where several processes share the port', () => {
    const shared = indexOf(listenerAt('0.0.0.0', www), listenerAt('0.0.0.0', other));
    assert.equal(shared.ownerOf(accepted()), null);
    const same = indexOf(listenerAt('0.0.0.0', www), listenerAt('0.0.0.0', { ...www }));
    assert.equal(same.ownerOf(accepted())?.pid, 20);
    const reused = facts(20, { startTime: 99_000 });
    const other20 = indexOf(listenerAt('0.0.0.0', www), listenerAt('0.0.0.0', reused));
    assert.equal(other20.ownerOf(accepted()), null);
  });

  it('is not a process that is gone, and not known where the listener’s is not', () => {
    const index = new Listeners(({ pid }) => pid === 20);
    index.add(listenerAt('0.0.0.0', www));
    assert.equal(index.ownerOf(accepted()), null);
    assert.equal(indexOf(listenerAt('0.0.0.0', null)).ownerOf(accepted()), null);
  });

  it('is not one that listens no more', () => {
    const [first, second] = [listenerAt('0.0.0.0', www), listenerAt('0.0.0.0', other)];
    const index = indexOf(first, second);
    index.remove(second);
    assert.equal(index.ownerOf(accepted()), www);
    index.remove(first);
    index.remove(first);
    assert.equal(index.ownerOf(accepted()), null);
  });
});

describe('whether a process listens', () => {
  it('goes by pid and start time', () => {
    const index = indexOf(listenerAt('0.0.0.0', www));
    assert.ok(index.hasAnyOf(facts(20, { startTime: 1010 })));
    assert.ok(!index.hasAnyOf(facts(20, { startTime: 5000 })));
    assert.ok(!index.hasAnyOf(other));
  });
});
