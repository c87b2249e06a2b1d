// What a user without rights sees, and how that is said; users that have no name.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Actor } from '../support/actor.ts';
import { noNodeForOthers } from '../support/for-others.ts';
import { endpointsOf, type Line } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Worker } from '../support/worker.ts';

const nobody = 65_534;

describe('a user without rights', { skip: noNamespaces }, () => {
  const asNobody = ['setpriv', '--reuid', `${nobody}`, '--regid', `${nobody}`, '--clear-groups'];
  let namespace: Namespace;
  let roots: Actor;
  let own: Actor;
  let worker: Worker;

  before(async () => {
    namespace = new Namespace();
    roots = await Actor.start(namespace);
    own = await Actor.start({ within: [...namespace.within, ...asNobody] });
    const listener = await roots.listen('127.0.0.1 8001');
    await roots.udp('127.0.0.1 8002');
    await own.connect('127.0.0.1 8004', '127.0.0.1 8001');
    await roots.accept(listener);
    await own.listen('127.0.0.1 8003');
    worker = new Worker({ within: [...namespace.within, ...asNobody] });
  });

  after(async () => {
    await worker.close();
    await roots.stop();
    await own.stop();
    namespace.delete();
  });

  const read = (params: object = {}): Promise<Line[]> =>
    worker.request('snapshot', { filter: { namespace: ['default'] }, ...params });

  for (const source of ['SockDiag', 'ProcNet', null]) {
    it(`${source ?? 'the best way'} shows all endpoints, and the owners that are its own`, async () => {
      const lines = await read({ source });
      assert.deepEqual(
        endpointsOf(lines).map((each) => [
          each.LocalPort,
          each.State,
          each.OwningProcess,
          each.User,
          each.SharedWith,
          each.Attribution,
        ]),
        [
          [8001, 'Listen', null, null, null, 'None'],
          [8001, 'Established', null, null, null, 'None'],
          [8003, 'Listen', own.pid, 'nobody', [], 'Table'],
          [8004, 'Established', own.pid, 'nobody', [], 'Table'],
          [8002, 'Bound', null, null, null, 'None'],
        ],
      );
      const warnings = lines.flatMap(({ warning }) => warning ?? []);
      assert.equal(warnings.length, 1);
      assert.equal(warnings[0]?.code, 'PR_OWNER_HIDDEN');
      assert.equal(
        warnings[0]?.message,
        '3 endpoints belong to a process that your rights do not let you see; the owner is left ' +
          'empty. Run the command in a root shell (sudo pwsh) to see every owner.',
      );
    });
  }

  for (const method of ['snapshot', 'processes', 'statistics']) {
    it(`is told what filters by process could not judge: ${method}`, async () => {
      const filter = { namespace: ['default'], processName: ['no-such-process'] };
      const lines = await worker.request(method, { filter });
      assert.deepEqual(endpointsOf(lines), []);
      const [warning] = lines.flatMap((line) => line.warning ?? []);
      assert.equal(
        warning?.message,
        '3 endpoints belong to a process that your rights do not let you see; your filters by ' +
          'process may miss what is theirs. Run the command in a root shell (sudo pwsh) to see ' +
          'every owner.',
      );
    });
  }

  it('is told why no better way was taken', async () => {
    const said = (await read()).flatMap(({ verbose }) => verbose ?? []);
    assert.equal(said[0], 'Read by SockDiag.');
    assert.match(said[1] ?? '', /^Bpf can't be used: /);
  });

  it('is refused the way that needs rights, where it insists', async () => {
    const [line] = await read({ source: 'Bpf' });
    assert.equal(line?.error?.code, 'PR_SOURCE_UNAVAILABLE');
    assert.match(line?.error?.message ?? '', /Bpf can't be used: /);
  });

  it('is told of namespaces that stay closed', { skip: noNodeForOthers }, async () => {
    const outside = new Worker({ uid: nobody });
    const lines = await outside.request('statistics', { source: 'SockDiag' });
    await outside.close();
    const said = lines.flatMap(({ verbose }) => verbose ?? []);
    assert.ok(said.some((text) => /namespace\(s\) could not be entered.*as root/.test(text)));
  });
});

describe('users of processes', { skip: noNamespaces }, () => {
  let namespace: Namespace;
  let worker: Worker;

  before(() => {
    namespace = new Namespace();
    worker = new Worker();
  });

  after(async () => {
    await worker.close();
    namespace.delete();
  });

  const userOf = async (pid: number): Promise<string | null | undefined> => {
    const filter = { processId: [String(pid)] };
    return endpointsOf(await worker.request('snapshot', { filter }))[0]?.User;
  };

  it('are named by the system, by number where they have no name', async () => {
    for (const [uid, name] of [
      [0, 'root'],
      [nobody, 'nobody'],
      [54_321, '54321'],
    ] as const) {
      const setpriv = ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
      const actor = await Actor.start({ within: [...namespace.within, ...setpriv] });
      await actor.udp('127.0.0.1 0');
      assert.equal(await userOf(actor.pid), name);
      await actor.stop();
    }
  });

  it('are numbers in another user namespace, where names mean something else', async () => {
    const within = [...namespace.within, 'unshare', '--user', '--map-root-user'];
    const actor = await Actor.start({ within });
    await actor.udp('127.0.0.1 0');
    assert.equal(await userOf(actor.pid), '0');
    await actor.stop();
  });

  it('answer a filter by number, too', async () => {
    const setpriv = ['setpriv', '--reuid', '54321', '--regid', '54321', '--clear-groups'];
    const actor = await Actor.start({ within: [...namespace.within, ...setpriv] });
    await actor.udp('127.0.0.1 5000');
    const filter = { user: ['54321'], namespace: [namespace.name] };
    const [only, ...more] = endpointsOf(await worker.request('snapshot', { filter }));
    assert.deepEqual([only?.LocalPort, only?.OwningProcess, more], [5000, actor.pid, []]);
    await actor.stop();
  });
});
