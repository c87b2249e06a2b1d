import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileFilter, type FilterTexts } from '../../../ts-worker/src/model/filter/filter.ts';
import { facts, socket } from '../support/rows.ts';

const passes = (texts: FilterTexts, about: Parameters<typeof socket>[0]): boolean =>
  compileFilter(texts).endpoint(socket(about));

const passesProcess = (texts: FilterTexts, about: Parameters<typeof facts>[1]): boolean => {
  const { process } = compileFilter(texts);
  assert.ok(process !== null);
  return process(facts(1, about));
};

describe('filter on the endpoint', () => {
  const listener = { localAddress: '10.0.0.1', localPort: 443, namespace: 'blue' };
  const connection = {
    ...listener,
    state: 'Established',
    remoteAddress: '192.0.2.7',
    remotePort: 51_000,
  } as const;

  it('lets everything pass where nothing is asked, and reads no process for it', () => {
    const filter = compileFilter({});
    assert.ok(filter.endpoint(socket()));
    assert.equal(filter.processId, null);
    assert.equal(filter.process, null);
  });

  const fitting: readonly FilterTexts[] = [
    { protocol: ['udp', 'tcp'] },
    { state: ['Established'] },
    { addressFamily: ['ipv4'] },
    { localAddress: ['10.0.0.0/24'] },
    { localPort: ['440-450'] },
    { remoteAddress: ['192.0.2.*'] },
    { remotePort: ['51000'] },
    { namespace: ['bl*'] },
    { listening: false },
  ];
  for (const texts of fitting) {
    it(`passes ${JSON.stringify(texts)}`, () => assert.ok(passes(texts, connection)));
  }

  const other: readonly FilterTexts[] = [
    { protocol: ['udp'] },
    { state: ['Listen'] },
    { addressFamily: ['ipv6'] },
    { localAddress: ['192.0.2.7'] },
    { localPort: ['51000'] },
    { remoteAddress: ['10.0.0.1'] },
    { remotePort: ['443'] },
    { namespace: ['default'] },
    { listening: true },
  ];
  for (const texts of other) {
    it(`stops ${JSON.stringify(texts)}`, () => assert.ok(!passes(texts, connection)));
  }

  it('wants all filters to fit, and one value of each', () => {
    assert.ok(passes({ localPort: ['80', '443'], state: ['Listen'] }, listener));
    assert.ok(!passes({ localPort: ['80', '443'], state: ['Established'] }, listener));
  });

  it('finds no remote end and no namespace where there is none', () => {
    assert.ok(!passes({ remoteAddress: ['*'] }, listener));
    assert.ok(!passes({ remotePort: ['0-65535'] }, listener));
    assert.ok(!passes({ namespace: ['*'] }, { namespace: null }));
  });

  it('takes only Listen for listening', () => {
    assert.ok(passes({ listening: true }, listener));
    assert.ok(!passes({ listening: true }, { protocol: 'UDP', state: 'Bound' }));
  });
});

describe('filter on the process', () => {
  it('tests pids as numbers and ranges', () => {
    const { processId } = compileFilter({ processId: ['1', '4000-4100'] });
    assert.deepEqual([1, 4050, 2, 14_050].map(processId ?? Boolean), [true, true, false, false]);
  });

  it('knows a name with and without .exe', () => {
    for (const pattern of ['svchost', 'SVCHOST.EXE', 'svc*']) {
      assert.ok(passesProcess({ processName: [pattern] }, { name: 'svchost.exe' }), pattern);
    }
    assert.ok(!passesProcess({ processName: ['svchost.exe'] }, { name: 'svchost' }));
    assert.ok(!passesProcess({ processName: ['*'] }, { name: null }));
  });

  it('knows a user with and without the domain', () => {
    const about = { user: 'NT AUTHORITY\\SYSTEM' };
    for (const pattern of ['system', 'NT AUTHORITY\\SYSTEM', 'nt*\\sys*']) {
      assert.ok(passesProcess({ user: [pattern] }, about), pattern);
    }
    assert.ok(!passesProcess({ user: ['AUTHORITY\\SYSTEM'] }, about));
    assert.ok(!passesProcess({ user: ['system'] }, { user: 'CORP\\system2' }));
    assert.ok(!passesProcess({ user: ['*'] }, { user: null }));
  });

  it('knows a service with and without .service', () => {
    const about = { services: ['cron.service', 'ssh.service'] };
    for (const pattern of ['ssh', 'ssh.service', 's?h*']) {
      assert.ok(passesProcess({ service: [pattern] }, about), pattern);
    }
    assert.ok(!passesProcess({ service: ['nginx'] }, about));
    assert.ok(!passesProcess({ service: ['*'] }, { services: [] }));
    assert.ok(!passesProcess({ service: ['*'] }, { services: null }));
  });

  it('wants all filters to fit', () => {
    const texts = { processName: ['nginx'], user: ['www-data'] };
    assert.ok(passesProcess(texts, { name: 'nginx', user: 'www-data' }));
    assert.ok(!passesProcess(texts, { name: 'nginx', user: 'root' }));
  });
});

describe('filters that make no sense', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    [
      'localPort',
      [80],
      "'[80]' is not a value that -LocalPort understands; it accepts one or more texts.",
    ],
    [
      'localPort',
      [],
      "'[]' is not a value that -LocalPort understands; it accepts one or more texts.",
    ],
    ['user', null, "'null' is not a value that -User understands; it accepts one or more texts."],
    [
      'user',
      [' '],
      "' ' is not a value that -User understands; it accepts texts that are not empty.",
    ],
    [
      'processId',
      ['self'],
      "'self' is not a value that -ProcessId understands; it accepts a number from 0 to 4294967295.",
    ],
    [
      'listening',
      'yes',
      '\'"yes"\' is not a value that -Listening understands; it accepts true or false.',
    ],
    [
      'colour',
      ['red'],
      "'colour' is not a value that -Colour understands; it accepts one of the filters protocol, " +
        'state, localAddress, localPort, remoteAddress, remotePort, processId, processName, user, ' +
        'service, addressFamily, namespace, listening.',
    ],
  ];
  for (const [name, value, message] of bad) {
    it(`refuses ${name}: ${JSON.stringify(value)}`, () => {
      const texts = { [name]: value } as FilterTexts;
      assert.throws(() => compileFilter(texts), { code: 'PR_FILTER_INVALID', message });
    });
  }

  it('takes a single text for a list of one', () => {
    const texts = { localPort: '80' } as unknown as FilterTexts;
    assert.ok(compileFilter(texts).endpoint(socket({ localPort: 80 })));
  });
});
