// Connections that are over, found by their ends.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Entry, entryOf } from '../../../ts-worker/src/activity/entry.ts';
import { nobody } from '../../../ts-worker/src/activity/image.ts';
import { OverConnections } from '../../../ts-worker/src/activity/over-connections.ts';

let cookies = 0;

function connection(remoteAddress: string): Entry {
  const ends = { localAddress: '127.0.0.1', localPort: 1, remoteAddress, remotePort: 80 };
  const about = {
    protocol: 'TCP',
    family: 'IPv4',
    state: 'Established',
    namespace: 'default',
  } as const;
  return entryOf(++cookies, { ...ends, ...about }, nobody, 0);
}

describe('connections that are over', () => {
  for (const leaving of [0, 1, 2]) {
    it(`with the same ports are told apart, also when number ${leaving} has left`, () => {
      const over = new OverConnections();
      const all = ['127.0.0.2', '127.0.0.12', '127.0.0.22'].map(connection);
      for (const entry of all) over.add(entry);
      for (const entry of all) assert.equal(over.find(entry.endpoint), entry);
      const [left] = all.splice(leaving, 1);
      assert.ok(left);
      over.remove(left);
      assert.equal(left.isOver, false);
      assert.equal(over.find(left.endpoint), null);
      for (const entry of all) assert.equal(over.find(entry.endpoint), entry);
      for (const entry of all) over.remove(entry);
      for (const entry of all) assert.equal(over.find(entry.endpoint), null);
    });
  }

  it('are there once, however often they are added', () => {
    const over = new OverConnections();
    const entry = connection('127.0.0.2');
    over.add(entry);
    over.add(entry);
    over.remove(entry);
    assert.equal(over.find(entry.endpoint), null);
  });
});
