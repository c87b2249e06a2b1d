import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileProcessFilter } from '../../../ts-worker/src/logs/read/process-record.ts';
import {
  type ChangeFilterTexts,
  compileChangeFilter,
} from '../../../ts-worker/src/model/filter/change.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';
import { facts, socket } from '../support/rows.ts';
import { anyChange } from './support/arbitraries.ts';
import { readBytes } from './support/read.ts';
import { portsLog } from './support/write.ts';

const some = (...texts: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...texts), { minLength: 1, maxLength: 2 });

/** Each filter alone and together with others, with values that some changes have. */
const anyFilter: fc.Arbitrary<ChangeFilterTexts> = fc.record(
  {
    protocol: some('tcp', 'UDP'),
    state: some('Listen', 'TIME_WAIT', 'bound', 'Established'),
    localAddress: some('127.0.0.1', '10.0.0.0/8', '*:*', 'fe80::/10'),
    remoteAddress: some('::1', '10.*', '0.0.0.0/0'),
    localPort: some('0-20000', '80'),
    remotePort: some('0', '30000-65535'),
    port: some('1-1000', '40000-50000'),
    processId: some('1-2000000', '7'),
    processName: some('svchost', '*', 'a*', '?'),
    user: some('SYSTEM', '*%*', '`-'),
    service: some('*', '-'),
    addressFamily: some('IPv4', 'ipv6'),
    namespace: some('*', 'a*'),
    change: some('Appeared', 'changed', 'Gap'),
    listening: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
);

describe('filters on records', () => {
  it('let the same pass as a watch does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyChange, { minLength: 1, maxLength: 10 }),
        anyFilter,
        async (changes, filter) => {
          const numbered = changes.map((change, index) => ({ ...change, time: index }));
          const { rows, bad } = await readBytes(portsLog(numbered), { filter });
          assert.deepEqual(bad, []);
          const passing = numbered.filter(compileChangeFilter(filter));
          assert.deepEqual(
            rows.map(({ Time }) => Date.parse(Time)),
            passing.map(({ time }) => time),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it('work on ten columns, by what is known of the state', async () => {
    const line = (protocol: string, remote: string) =>
      `05/7/6,13:52:1,${protocol},80,1.1.1.1,${remote},7,a.exe,<D\\u>\n`;
    const text = `${line('TCP', ',0.0.0.0')}${line('TCP', '9,2.2.2.2')}${line('UDP', '*,*')}`;
    const count = async (filter: ChangeFilterTexts) =>
      (await readBytes(text, { filter })).rows.length;
    assert.equal(await count({ listening: true }), 1);
    assert.equal(await count({ state: ['Bound'] }), 1);
    assert.equal(await count({ state: ['Established'] }), 0);
    assert.equal(await count({ remotePort: ['9'] }), 1);
    assert.equal(await count({ user: ['u'], processName: ['a'], processId: ['7'] }), 3);
    assert.equal(await count({ change: ['Appeared'] }), 0);
    assert.equal(await count({ namespace: ['*'] }), 0);
    assert.equal(await count({ service: ['*'] }), 0);
  });

  it('by time let the boundaries pass', async () => {
    const [change] = fc.sample(anyChange, { seed: 2, numRuns: 1 });
    assert.ok(change !== undefined);
    const times = [1000, 1000.001, 2000, 2000.001];
    const text = portsLog(times.map((time) => ({ ...change, time })));
    const { rows } = await readBytes(text, { after: 1000.001, before: 2000 });
    assert.deepEqual(
      rows.map(({ Time }) => Time.slice(17, 26)),
      ['01.000001', '02.000000'],
    );
  });

  it('tell a field that they look at and can not understand', async () => {
    const text = portsLog(fc.sample(anyChange, { seed: 2, numRuns: 1 }));
    const broken = text.replace(/,(TCP|UDP),\d+,/, ',$1,port,');
    const { bad } = await readBytes(broken, { filter: { localPort: ['80'] } });
    assert.deepEqual(
      bad.map(({ expected }) => expected),
      ['local port: a number from 0 to 65535'],
    );
  });

  it('that can not be understood are refused in the user’s words', async () => {
    const text = portsLog(fc.sample(anyChange, { seed: 2, numRuns: 1 }));
    const read = readBytes(text, { filter: { remotePort: ['x'] } });
    await assert.rejects(read, { code: 'PR_FILTER_INVALID', message: /-RemotePort understands/ });
  });
});

describe('filters on processes', () => {
  const owner = facts(7, { name: 'a', user: 'D\\u', services: ['s.service'] });
  const endpoints = [
    { endpoint: socket({ localPort: 80 }), attribution: null },
    { endpoint: socket({ localPort: 9, protocol: 'UDP', state: 'Bound' }), attribution: null },
  ];
  const record = {
    ...({ kind: 'PR-PIDS', file: 'a', lineNumber: 1, time: 0 } as const),
    ...{ owner, endpoints, statistics: countPorts([]), computerName: null, operatingSystem: null },
  };
  const passes = (filter: ChangeFilterTexts, by = record) => compileProcessFilter(filter)(by);

  it('ask its owner and any of its endpoints', () => {
    assert.ok(passes({}));
    assert.ok(passes({ processId: ['7'], user: ['u'], service: ['s'], processName: ['A'] }));
    assert.ok(!passes({ processId: ['7'], user: ['v'] }));
    assert.ok(passes({ localPort: ['80'], protocol: ['TCP'] }));
    assert.ok(!passes({ localPort: ['80'], protocol: ['UDP'] }));
    assert.ok(passes({ port: ['9'] }));
    assert.ok(!passes({ port: ['10'] }));
    assert.ok(!passes({ port: ['80'], user: ['v'] }));
    assert.ok(passes({ listening: true }));
    assert.ok(!passes({ change: ['Gap'] }), 'it is no change');
    assert.ok(!passes({ processId: ['7'] }, { ...record, owner: null as never }));
    assert.throws(() => compileProcessFilter({ state: ['x'] }), { code: 'PR_FILTER_INVALID' });
  });
});
