// The holders of sockets: what is scanned in parts, and gathered from what several threads found.

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { HoldersByInode } from '../../../native/linux/holders-by-inode.ts';
import { readStat } from '../../../native/linux/process-files.ts';
import {
  type DescriptorPart,
  gatherHolders,
  listParts,
  scanParts,
} from '../../../native/linux/socket-holders.ts';
import { Random } from '../support/random.ts';

const holders = (...lists: number[][]) =>
  new HoldersByInode(lists.map((pairs) => Uint32Array.from(pairs)));

describe('HoldersByInode', () => {
  it('gives those that each list names, in order', () => {
    const byInode = holders([70, 9, 71, 9, 70, 2], [70, 5, 72, 2]);
    assert.deepEqual(
      [70, 71, 72].map((inode) => byInode.get(inode)),
      [[2, 5, 9], [9], [2]],
    );
    assert.equal(byInode.size, 3);
  });

  it('names a process once, however many descriptors it has and whoever found them', () => {
    const byInode = holders([70, 9, 70, 9, 71, 9], [70, 9, 70, 3], [70, 9, 70, 3, 71, 9]);
    assert.deepEqual([byInode.get(70), byInode.get(71)], [[3, 9], [9]]);
  });

  it('gives nobody for what it does not know, nor for number 0', () => {
    for (const byInode of [holders(), holders([]), holders([70, 9])]) {
      assert.deepEqual([byInode.get(0), byInode.get(71)], [[], []]);
    }
  });

  it('agrees with a Map, whatever the numbers', () => {
    const random = new Random(11);
    for (let round = 0; round < 200; round++) {
      const expected = new Map<number, Set<number>>();
      const lists = Array.from({ length: 1 + random.below(3) }, () => {
        const pairs: number[] = [];
        for (let i = random.below(40); i > 0; i--) {
          const inode = 1 + random.below(round % 2 === 0 ? 20 : 2 ** 32 - 1);
          const pid = 1 + random.below(5);
          pairs.push(inode, pid);
          expected.set(inode, (expected.get(inode) ?? new Set()).add(pid));
        }
        return pairs;
      });
      const byInode = holders(...lists);
      assert.equal(byInode.size, expected.size);
      for (const [inode, pids] of expected) {
        assert.deepEqual(
          byInode.get(inode),
          [...pids].sort((a, b) => a - b),
        );
      }
    }
  });
});

describe('parts of descriptors', { skip: process.platform !== 'linux' && '/proc is Linux' }, () => {
  const { pid } = process;
  const sockets: Socket[] = [];

  before(async () => {
    for (let i = 0; i < 20; i++) {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'listening');
    }
  });

  after(() => {
    for (const socket of sockets) socket.close();
  });

  const inodesIn = (...parts: DescriptorPart[]): number[] => {
    const { pairs } = scanParts(parts, new Int32Array(1));
    return [...pairs.filter((_, at) => at % 2 === 0)].sort((a, b) => a - b);
  };

  it('are halves that make a whole', () => {
    const whole = inodesIn({ pid, half: null });
    const [even, odd] = [inodesIn({ pid, half: 'even' }), inodesIn({ pid, half: 'odd' })];
    assert.ok(even.length > 0 && odd.length > 0 && whole.length >= sockets.length);
    assert.deepEqual(
      [...even, ...odd].sort((a, b) => a - b),
      whole,
    );
    assert.deepEqual(inodesIn({ pid, half: 'odd' }, { pid, half: 'even' }), whole);
  });

  it('are taken once each, whoever takes them', () => {
    const parts: DescriptorPart[] = [
      { pid, half: 'odd' },
      { pid, half: 'even' },
    ];
    const next = new Int32Array(1);
    const [first, second] = [scanParts(parts, next), scanParts(parts, next)];
    assert.deepEqual([first.parts, second.parts, second.pairs.length], [2, 0, 0]);
    assert.deepEqual(gatherHolders([first, second]), gatherHolders([first]));
  });

  it('begin with what has most, and leave out what has nothing where that is known', (test) => {
    const count = (path: string) => readdirSync(path).length;
    if (statSync('/proc/self/fd').size === 0) return test.skip('needs Linux 6.2');
    const parts = listParts(count('/proc/self/fd') - 5);
    assert.deepEqual(
      parts.filter((part) => part.pid === pid),
      [
        { pid, half: 'even' },
        { pid, half: 'odd' },
      ],
    );
    const isHalf = parts.map(({ half }) => half !== null);
    assert.equal(isHalf.filter(Boolean).length, isHalf.lastIndexOf(true) + 1);
    assert.ok(parts.every((part) => readStat(part.pid)?.isKernelThread !== true));
  });

  it('are nothing for a process that is gone', () => {
    const gone = 2 ** 22 + 1; // above PID_MAX_LIMIT
    const scan = scanParts([{ pid: gone, half: null }], new Int32Array(1));
    assert.deepEqual([scan.pairs.length, scan.denied, scan.parts], [0, 0, 1]);
  });
});
