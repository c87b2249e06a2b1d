// Which way of reading is taken on Linux, and what is said where one can't be.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { SystemCallError } from '../../../native/linux/libc.ts';
import { createLinuxEndpoints } from '../../../ts-worker/src/endpoints/linux.ts';
import type { LinuxTable } from '../../../ts-worker/src/endpoints/linux-rows.ts';

const EPERM = 1;

const way = (name: string, read: () => LinuxTable) => ({
  name,
  read,
  close: () => {},
  hint: `Look at ${name}.`,
});

const refusing = (name: string, error: unknown) =>
  way(name, () => {
    throw error;
  });

const working = way('Works', () => ({ sockets: [], closed: [], notes: ['A note.'] }));
const denied = refusing('Denied', new SystemCallError('socket', EPERM));
const noBpf = refusing('NoBpf', new BpfUnavailable('no rights'));

const read = (ways: Parameters<typeof createLinuxEndpoints>[0], source: string | null = null) =>
  Promise.resolve(createLinuxEndpoints(ways).read({ source }));

describe('ways of reading on Linux', { skip: process.platform !== 'linux' }, () => {
  it('are tried in turn, and what refused is said', async () => {
    const { source, notes } = await read([noBpf, denied, working]);
    assert.equal(source, 'Works');
    assert.deepEqual(notes, [
      'Read by Works.',
      "NoBpf can't be used: BPF is not available: no rights",
      "Denied can't be used: socket() failed: EPERM",
      'A note.',
    ]);
  });

  it('do not hide a fault of ours behind the next way', async () => {
    const broken = refusing('Broken', new TypeError('undefined is not a function'));
    await assert.rejects(read([broken, working]), TypeError);
  });

  it('all refused: says why, and what to look at', async () => {
    await assert.rejects(read([noBpf, denied]), {
      code: 'PR_TABLE_UNREADABLE',
      message: /^The tables of open sockets could not be read\. NoBpf .*; Denied .*EPERM$/,
      hint: 'Look at Denied.',
    });
  });

  it('forced and refused: hints at that way', async () => {
    await assert.rejects(read([noBpf, denied], 'nobpf'), {
      code: 'PR_SOURCE_UNAVAILABLE',
      hint: 'Look at NoBpf.',
    });
  });

  it('forced by a name that none has: tells which there are', async () => {
    await assert.rejects(read([noBpf, denied], 'Other'), {
      code: 'PR_SOURCE_UNAVAILABLE',
      message: "'Other' is no way to read sockets on Linux; there are NoBpf, Denied.",
      target: 'Other',
    });
  });
});
