import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type KernelRow,
  noteClosed,
  tcpState,
  toOpenSocket,
} from '../../../ts-worker/src/endpoints/linux-rows.ts';

const row = (about: Partial<KernelRow> = {}): KernelRow => ({
  protocol: 'TCP',
  family: 'IPv4',
  state: 1,
  localAddress: '10.0.0.1',
  localPort: 80,
  remoteAddress: '10.0.0.2',
  remotePort: 50_000,
  inode: 4711,
  namespace: 'default',
  cookie: 7,
  ...about,
});

describe('rows of the kernel', () => {
  it('have the states of include/net/tcp_states.h', () => {
    assert.deepEqual(
      Array.from({ length: 15 }, (_, number) => tcpState(number)),
      [
        'Closed', // no such number
        'Established',
        'SynSent',
        'SynReceived',
        'FinWait1',
        'FinWait2',
        'TimeWait',
        'Bound', // closed, but with a port
        'CloseWait',
        'LastAck',
        'Listen',
        'Closing',
        'SynReceived',
        'Bound',
        'Closed',
      ],
    );
  });

  it('have no remote end where none is meant', () => {
    const ends = (about: Partial<KernelRow>) => {
      const socket = toOpenSocket(row(about), [], false);
      return [socket?.state, socket?.remoteAddress, socket?.remotePort];
    };
    assert.deepEqual(ends({}), ['Established', '10.0.0.2', 50_000]);
    assert.deepEqual(ends({ state: 10, remotePort: 0 }), ['Listen', null, null]);
    assert.deepEqual(ends({ state: 13 }), ['Bound', null, null]);
    assert.deepEqual(ends({ protocol: 'UDP' }), ['Bound', '10.0.0.2', 50_000]);
    assert.deepEqual(ends({ protocol: 'UDP', state: 7, remotePort: 0 }), ['Bound', null, null]);
  });

  it('are no endpoints without a local port', () => {
    assert.equal(toOpenSocket(row({ localPort: 0 }), [], false), null);
  });

  it('have no owner by nature where no process can hold them, or all were looked into', () => {
    const holder = { pid: 5, startTime: null };
    const cases: readonly (readonly [number, boolean, (typeof holder)[], boolean])[] = [
      [4711, false, [], false],
      [0, false, [], true],
      [4711, true, [], true],
      [4711, true, [holder], false],
    ];
    for (const [inode, allSeen, holders, expected] of cases) {
      assert.equal(toOpenSocket(row({ inode }), holders, allSeen)?.ownerless, expected);
    }
  });
});

describe('namespaces that stay closed', () => {
  it('are counted in one sentence, and the first reason is told', () => {
    assert.deepEqual(noteClosed([]), []);
    const [note, ...more] = noteClosed(['setns() failed: EPERM', 'other']);
    assert.deepEqual(more, []);
    assert.match(note ?? '', /^2 network namespace\(s\).*\(setns\(\) failed: EPERM\).*as root/);
  });
});
