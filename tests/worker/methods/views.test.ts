import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Conversation } from '../support/conversation.ts';
import { endpointsOf } from '../support/lines.ts';
import { facts, heldBy, socket } from '../support/rows.ts';

const nginx = facts(90, {
  name: 'nginx',
  path: '/usr/sbin/nginx',
  user: 'www-data',
  services: ['nginx.service'],
  modules: ['/usr/sbin/nginx', '/lib/libc.so.6'],
});
const node = facts(40, { name: 'Node', user: 'root', services: [] });
const sockets = [
  heldBy([90], { localPort: 80, namespace: 'blue' }),
  heldBy([40], { localPort: 53, protocol: 'UDP', state: 'Bound' }),
  heldBy([90], { localPort: 443, state: 'Established' }),
  socket({ localPort: 9, state: 'TimeWait', ownerless: true }),
];
const conversation = new Conversation(sockets, [nginx, node]);

describe('processes', () => {
  it('come a line each, with their endpoints, statistics and modules', async () => {
    const lines = await conversation.ask('processes', { includeModules: true });
    const blocks = lines.slice(0, -1);
    assert.deepEqual(
      blocks.map(({ process }) => process?.OwningProcess),
      [40, 90, null],
    );
    assert.deepEqual(blocks[1]?.process, {
      OwningProcess: 90,
      ProcessName: 'nginx',
      Path: '/usr/sbin/nginx',
      User: 'www-data',
      Services: ['nginx.service'],
      Statistics: {
        TcpMappings: 2,
        UdpMappings: 0,
        States: [
          { State: 'Established', Count: 1, Percent: 50 },
          { State: 'Listen', Count: 1, Percent: 50 },
        ],
      },
      Modules: ['/usr/sbin/nginx', '/lib/libc.so.6'],
    });
    assert.deepEqual(
      endpointsOf(lines).map(({ LocalPort, OwningProcess }) => [LocalPort, OwningProcess]),
      [
        [53, 40],
        [80, 90],
        [443, 90],
        [9, null],
      ],
    );
    assert.deepEqual(lines.at(-1), { end: { rows: 4 } });
  });
});

describe('statistics', () => {
  it('count what passes the filter', async () => {
    const [all] = await conversation.ask('statistics');
    assert.deepEqual(all, {
      statistics: {
        TcpMappings: 3,
        UdpMappings: 1,
        States: [
          { State: 'Established', Count: 1, Percent: 33.33 },
          { State: 'Listen', Count: 1, Percent: 33.33 },
          { State: 'TimeWait', Count: 1, Percent: 33.33 },
        ],
      },
    });
    const [some] = await conversation.ask('statistics', { filter: { processName: ['nginx'] } });
    assert.equal(some?.statistics?.TcpMappings, 2);
  });
});

describe('complete', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['ProcessName', '', ['Node', 'nginx']],
    ['ProcessName', 'N', ['Node', 'nginx']],
    ['ProcessName', 'ng', ['nginx']],
    ['ProcessName', '[', []],
    ['User', 'W', ['www-data']],
    ['Service', 'nginx.s', ['nginx.service']],
    ['Namespace', '', ['blue', 'default']],
  ];
  for (const [property, prefix, values] of cases) {
    it(`${property} '${prefix}'`, async () => {
      const lines = await conversation.ask('complete', { property, prefix });
      assert.deepEqual(lines, [{ values }, { end: {} }]);
    });
  }

  it('refuses what has no values to offer', async () => {
    const [line] = await conversation.ask('complete', { property: 'Modules' });
    const { error } = line ?? {};
    assert.equal(error?.code, 'PR_REQUEST_INVALID');
    assert.equal(error?.message, "Nothing completes 'Modules'.");
  });
});
