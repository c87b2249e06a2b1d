import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenSocket } from '../../../ts-worker/src/endpoints/source.ts';
import { sortEndpoints } from '../../../ts-worker/src/snapshot/order.ts';
import { groupByProcess } from '../../../ts-worker/src/snapshot/process-blocks.ts';
import { Random } from '../support/random.ts';
import { facts, owned, snapshotRows } from '../support/rows.ts';

type About = Partial<OpenSocket>;
const v6 = { family: 'IPv6' } as const;
const udp = { protocol: 'UDP', state: 'Bound' } as const;
const peer = (remoteAddress: string, remotePort: number) => ({ remoteAddress, remotePort });

/** In the order in which they have to leave the worker. */
const sorted: readonly About[] = [
  { localAddress: '2.0.0.0', localPort: 65_535 },
  { localAddress: '10.0.0.0', localPort: 9 },
  { localAddress: '10.0.0.0', localPort: 80 },
  { localAddress: '10.0.0.0', localPort: 80, ...peer('9.0.0.0', 2) },
  { localAddress: '10.0.0.0', localPort: 80, ...peer('9.0.0.0', 10) },
  { localAddress: '10.0.0.0', localPort: 80, ...peer('10.0.0.0', 1) },
  { localAddress: '10.0.0.0', localPort: 443 },
  { ...v6, localAddress: '::', localPort: 1 },
  { ...v6, localAddress: '::2', localPort: 1 },
  { ...v6, localAddress: '::10', localPort: 1 },
  { ...v6, localAddress: 'fe80::1%2', localPort: 1 },
  { ...v6, localAddress: 'fe80::1%3', localPort: 1 },
  { ...udp, localAddress: '0.0.0.0', localPort: 53 },
  { ...udp, ...v6, localAddress: '::', localPort: 53 },
];

describe('the order of rows', () => {
  it('is by protocol, family, and then by the numbers of both ends', () => {
    const random = new Random(5);
    for (let round = 0; round < 50; round++) {
      const rows = sorted.map((about) => ({ about, key: random.below(1_000_000) }));
      rows.sort((a, b) => a.key - b.key);
      const given = rows.map(({ about }) => owned(about, null));
      const abouts = sortEndpoints(given).map(({ endpoint }) => endpoint);
      assert.deepEqual(
        abouts,
        sorted.map((about) => owned(about, null).endpoint),
      );
    }
  });

  it('leaves rows that are alike in the order in which they came', () => {
    const rows = ['a', 'b', 'c'].map((namespace) => owned({ namespace }, null));
    assert.deepEqual(sortEndpoints(rows), rows);
    assert.deepEqual(sortEndpoints([]), []);
  });
});

describe('process blocks', () => {
  it('stand in the order of pids, the endpoints without an owner last', () => {
    const [a, b] = [facts(900, { name: 'a' }), facts(20, { name: 'b' })];
    const rows = snapshotRows(
      owned({ localPort: 1 }, null),
      owned({ localPort: 2 }, a),
      owned({ localPort: 3 }, b),
      owned({ localPort: 4, protocol: 'UDP' }, a),
    );
    const blocks = groupByProcess(rows);
    assert.deepEqual(
      blocks.map(({ owner, rows: own }) => [
        owner?.name,
        Array.from(own.endpoints(), ({ localPort }) => localPort),
      ]),
      [
        ['b', [3]],
        ['a', [2, 4]],
        [undefined, [1]],
      ],
    );
    assert.deepEqual(blocks[1]?.statistics, {
      tcpMappings: 1,
      udpMappings: 1,
      states: [{ state: 'Listen', count: 1, percent: 100 }],
    });
  });
});
