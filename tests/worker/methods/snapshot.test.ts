import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Conversation } from '../support/conversation.ts';
import { endpointsOf } from '../support/lines.ts';
import { numbersOf } from '../support/number-columns.ts';
import { facts, heldBy, socket } from '../support/rows.ts';

const sshd = facts(812, {
  name: 'sshd',
  startTime: 1_700_000_000_120,
  path: '/usr/sbin/sshd',
  commandLine: 'sshd -D',
  user: 'root',
  services: ['ssh.service'],
});

describe('snapshot', () => {
  it('tells everything of an endpoint under its name', async () => {
    const about = { localPort: 22, remoteAddress: '192.0.2.1', remotePort: 50_000 } as const;
    const sockets = [
      heldBy([812, 7], { ...about, state: 'Established', localAddress: '10.0.0.1' }),
    ];
    const lines = await new Conversation(sockets, [sshd], { start: 1000.5 }).ask('snapshot');
    assert.deepEqual(endpointsOf(lines), [
      {
        Protocol: 'TCP',
        AddressFamily: 'IPv4',
        LocalAddress: '10.0.0.1',
        LocalPort: 22,
        RemoteAddress: '192.0.2.1',
        RemotePort: 50_000,
        State: 'Established',
        OwningProcess: 812,
        SharedWith: [7],
        ProcessName: 'sshd',
        Path: '/usr/sbin/sshd',
        CommandLine: 'sshd -D',
        User: 'root',
        Services: ['ssh.service'],
        ProcessStartTime: '2023-11-14T22:13:20.120000+00:00',
        Namespace: 'default',
        Attribution: 'Table',
        Modules: null,
        RemoteHostName: null,
        Time: '1970-01-01T00:00:01.000500+00:00',
      },
    ]);
    assert.deepEqual(lines.at(-1), { end: { rows: 1 } });
  });

  it('tells null where nothing is known', async () => {
    const lines = await new Conversation([socket()]).ask('snapshot');
    const [only] = endpointsOf(lines);
    const { OwningProcess, SharedWith, ProcessName, Path, User, Services } = only ?? {};
    for (const unknown of [OwningProcess, SharedWith, ProcessName, Path, User, Services]) {
      assert.equal(unknown, null);
    }
    assert.equal(only?.ProcessStartTime, null);
    assert.equal(only?.RemoteAddress, null);
    assert.equal(only?.RemotePort, null);
    assert.equal(only?.Attribution, 'None');
  });

  it('knows the one service of a shared process better than the process', async () => {
    const about = { service: 'Dnscache' };
    const [only] = endpointsOf(
      await new Conversation([heldBy([812], about)], [sshd]).ask('snapshot'),
    );
    assert.deepEqual(only?.Services, ['Dnscache']);
  });

  it('sends 500 endpoints on the first line, then more, and a template once', async () => {
    const lengths = [500, 1000, 2000, 4000, 4000, 100];
    const length = lengths.reduce((sum, each) => sum + each);
    const sockets = Array.from({ length }, (_, i) => heldBy([812 + (i % 2)], { localPort: i }));
    const conversation = new Conversation(sockets, [sshd]);
    for (let again = 0; again < 2; again++) {
      const lines = await conversation.ask('snapshot');
      assert.deepEqual(
        lines.map((line) => Object.keys(line)),
        [
          ['templates', 'addresses', 'endpoints'],
          ...lengths.slice(1).map(() => ['endpoints']),
          ['end'],
        ],
      );
      const rows = lines
        .slice(0, -1)
        .map((line) => numbersOf(line.endpoints ?? {}).get('LocalPort')?.length);
      assert.deepEqual(rows, lengths);
      assert.equal(lines[0]?.templates?.length, 2);
      const endpoints = endpointsOf(lines);
      assert.deepEqual(
        endpoints.map(({ LocalPort }) => LocalPort),
        Array.from({ length }, (_, i) => i),
      );
      assert.ok(endpoints.every((each, i) => each.OwningProcess === 812 + (i % 2)));
    }
  });

  it('keeps apart what differs in anything but addresses and ports', async () => {
    const differing = [
      {},
      { protocol: 'UDP' },
      { family: 'IPv6' },
      { state: 'Closed' },
      { namespace: 'blue' },
      { namespace: null },
      { service: 'A' },
      { ownerless: true },
    ] as const;
    const sockets = differing.map((about, i) => socket({ ...about, localPort: i }));
    const lines = await new Conversation(sockets).ask('snapshot');
    assert.equal(lines[0]?.templates?.length, differing.length);
  });

  it('says how the tables were read, and hands on which way was asked for', async () => {
    const conversation = new Conversation([], [], { notes: ['Read by Test.', 'Not all.'] });
    const lines = await conversation.ask('snapshot', { source: 'SockDiag' });
    assert.deepEqual(lines, [
      { verbose: 'Read by Test.' },
      { verbose: 'Not all.' },
      { end: { rows: 0 } },
    ]);
    assert.deepEqual(conversation.sources, ['SockDiag']);
  });

  it('refuses parameters of another kind', async () => {
    const bad: readonly (readonly [object, string])[] = [
      [{ filter: [] }, '`filter` is an object of arrays of texts.'],
      [{ includeModules: 1 }, '`includeModules` is true or false.'],
      [{ resolveHostName: 'yes' }, '`resolveHostName` is true or false.'],
      [{ source: 5 }, '`source` is a text.'],
    ];
    for (const [params, message] of bad) {
      const [line] = await new Conversation([]).ask('snapshot', { ...params });
      const { error } = line ?? {};
      assert.deepEqual([error?.code, error?.message], ['PR_REQUEST_INVALID', message]);
    }
  });
});

describe('the warning of hidden owners', () => {
  const warningOf = async (count: number, elevated: boolean) => {
    const sockets = Array.from({ length: count }, (_, i) => socket({ localPort: i }));
    const lines = await new Conversation([...sockets, socket({ ownerless: true })], [], {
      elevated,
    }).ask('snapshot');
    return lines.filter((line) => 'warning' in line);
  };
  const shell =
    process.platform === 'win32'
      ? 'an elevated shell (Run as administrator)'
      : 'a root shell (sudo pwsh)';

  it('counts them and says what to do', async () => {
    const hint = `Run the command in ${shell} to see every owner.`;
    const reason = 'a process that your rights do not let you see; the owner is left empty.';
    for (const [count, belong] of [
      [1, '1 endpoint belongs to'],
      [3, '3 endpoints belong to'],
    ] as const) {
      const message = `${belong} ${reason} ${hint}`;
      const warning = { code: 'PR_OWNER_HIDDEN', message, hint };
      assert.deepEqual(await warningOf(count, false), [{ warning }]);
    }
  });

  it('blames no lack of rights where there is none', async () => {
    const [line] = await warningOf(1, true);
    const message = line?.warning?.message ?? '';
    assert.match(message, /hides even from an administrator/);
    assert.doesNotMatch(message, /sudo|elevated/);
  });

  it('does not come for endpoints that have no owner', async () => {
    assert.deepEqual(await warningOf(0, false), []);
  });
});

describe('host names', () => {
  const sockets = ['192.0.2.1', '192.0.2.2'].map((remoteAddress, i) =>
    heldBy([812], { localPort: i, remoteAddress, remotePort: 9, state: 'Established' }),
  );
  const nameOf = async (address: string) => (address === '192.0.2.1' ? 'one.example' : null);

  for (const method of ['snapshot', 'processes']) {
    it(`come after the rows of ${method} the first time, before them the second time`, async () => {
      const conversation = new Conversation([...sockets, heldBy([812])], [sshd], {}, nameOf);
      const first = await conversation.ask(method, { resolveHostName: true });
      assert.deepEqual(
        endpointsOf(first).map((each) => each.RemoteHostName),
        [null, null, null],
      );
      assert.deepEqual(first.at(-2), { names: { '192.0.2.1': 'one.example' } });
      const second = await conversation.ask(method, { resolveHostName: true });
      assert.deepEqual(
        endpointsOf(second)
          .map((each) => each.RemoteHostName)
          .sort(),
        [null, null, 'one.example'].sort(),
      );
      assert.deepEqual(
        second.filter((line) => 'names' in line),
        first.slice(-2, -1),
      );
      assert.ok('names' in (second[0] ?? {}));
    });
  }

  it('do not come where nobody asked', async () => {
    const conversation = new Conversation(sockets, [], {}, nameOf);
    await conversation.ask('snapshot', { resolveHostName: true });
    const lines = await conversation.ask('snapshot');
    assert.equal(endpointsOf(lines).length, 2);
    assert.ok(lines.every((line) => !('names' in line)));
  });
});
