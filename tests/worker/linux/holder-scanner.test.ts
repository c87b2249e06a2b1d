// The scan of descriptors on two processors finds what one finds, whatever becomes of the thread.

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  readSocketHolders,
  type SocketHolders,
  scanParts,
} from '../../../native/linux/socket-holders.ts';
import { HolderScanner } from '../../../ts-worker/src/endpoints/linux-holder-scanner.ts';
import { inRepository } from '../support/repository.ts';

const bundle = inRepository('ts-worker/dist/portreporter-worker.cjs');

/** Answers the first request without taking a part, and ends with a part of the second one taken. */
const deserter = `
const { parentPort } = require('node:worker_threads');
let requests = 0;
parentPort.on('message', ({ next }) => {
  if (++requests === 1) return parentPort.postMessage({ pairs: new Uint32Array(), denied: 0 });
  Atomics.add(next, 0, 1);
  process.exit(1);
});`;

const resources = (): string[] => process.getActiveResourcesInfo();

const skip =
  (process.platform !== 'linux' && '/proc is Linux') ||
  (availableParallelism() < 2 && 'there is one processor');

describe('the scan of descriptors on two processors', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holder-scanner-'));
  const sockets: Socket[] = [];

  before(async () => {
    for (let i = 0; i < 50; i++) {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'listening');
    }
  });

  after(() => {
    for (const socket of sockets) socket.close();
    rmSync(folder, { recursive: true });
  });

  /** Of the sockets of this process, those that the scan gives it. */
  const foundBy = ({ byInode }: SocketHolders): number[] => {
    const { pairs } = scanParts([{ pid: process.pid, half: null }], new Int32Array(1));
    const inodes = [...pairs.filter((_, at) => at % 2 === 0)];
    assert.ok(inodes.length >= sockets.length);
    assert.deepEqual(
      inodes.filter((inode) => !byInode.get(inode).includes(process.pid)),
      [],
    );
    return inodes;
  };

  const scanning = async (file: string, work: (scanner: HolderScanner) => Promise<void>) => {
    const scanner = new HolderScanner(file, 1);
    try {
      await work(scanner);
    } finally {
      scanner.close();
    }
  };

  it('finds what one finds, also when asked again before it answered', async () => {
    await scanning(bundle, async (scanner) => {
      for (let round = 0; round < 10; round++) {
        for (const holders of await Promise.all([scanner.read(1), scanner.read(1)])) {
          const alone = readSocketHolders();
          for (const inode of foundBy(holders)) {
            assert.deepEqual(holders.byInode.get(inode), alone.byInode.get(inode));
          }
          assert.equal(holders.denied, alone.denied);
        }
        await delay(10); // so that the thread has started
      }
    });
  });

  it('keeps no process that has nothing else to do', async () => {
    await scanning(bundle, async (scanner) => {
      await scanner.read(1);
      await scanner.read(1);
      for (let tries = 0; resources().includes('MessagePort') && tries < 200; tries++)
        await delay(10);
      assert.ok(!resources().includes('MessagePort'), resources().join());
    });
  });

  for (const [what, program] of [
    ['can not start', 'throw new Error("no");'],
    ['ends at work', deserter],
  ] as const) {
    it(`goes on alone where the thread ${what}`, async () => {
      const file = join(folder, `${what.replaceAll(' ', '-')}.cjs`);
      writeFileSync(file, program);
      await scanning(file, async (scanner) => {
        for (let round = 0; round < 8; round++) {
          foundBy(await scanner.read(1));
          await delay(20);
        }
      });
    });
  }

  it('starts no thread for few sockets', async () => {
    const scanner = new HolderScanner(join(folder, 'there-is-none.cjs'), 100);
    foundBy(await scanner.read(99));
    scanner.close();
  });
});
