// Network namespaces of every kind: named, without a name, without a process, broken.

import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import {
  insideNamespace,
  listNetworkNamespaces,
  ownNetworkNamespace,
} from '../../../native/linux/namespaces.ts';
import { SockDiag } from '../../../native/linux/sock-diag.ts';
import { Actor } from '../support/actor.ts';
import { endpointsOf, type Line } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Worker } from '../support/worker.ts';

const inodeOf = (path: string): number => statSync(path).ino;

describe('network namespaces', { skip: noNamespaces }, () => {
  let worker: Worker;

  before(() => {
    worker = new Worker();
  });

  after(async () => {
    await worker.close();
  });

  const read = (source: string, filter: object): Promise<Line[]> =>
    worker.request('snapshot', { source, filter });

  it('are called by their inode number where they have no name', async () => {
    const actor = await Actor.start({ within: ['unshare', '--net'] });
    const inode = inodeOf(`/proc/${actor.pid}/ns/net`);
    await actor.udp('0.0.0.0 5001');
    for (const source of ['Bpf', 'BpfIterators', 'SockDiag', 'ProcNet']) {
      const [only, ...more] = endpointsOf(await read(source, { namespace: [String(inode)] }));
      assert.deepEqual([only?.LocalPort, only?.OwningProcess], [5001, actor.pid], source);
      assert.deepEqual(more, []);
    }
    await actor.stop();
  });

  it('without a process are read all the same, but not by /proc', async (test) => {
    const namespace = new Namespace();
    if (!namespace.openInKernel(5002)) return test.skip('this kernel has no vxlan');
    for (const source of ['Bpf', 'BpfIterators', 'SockDiag']) {
      const seen = endpointsOf(await read(source, { namespace: [namespace.name] }));
      assert.ok(
        seen.some(({ LocalPort }) => LocalPort === 5002),
        source,
      );
    }
    const lines = await read('ProcNet', { namespace: [namespace.name] });
    assert.deepEqual(endpointsOf(lines), []);
    const said = lines.flatMap(({ verbose }) => verbose ?? []);
    assert.ok(said.some((text) => /^\d+ network namespace\(s\) could not be read/.test(text)));
    namespace.delete();
  });

  it('that are broken are told of, and stop nothing', async () => {
    const broken = `/run/netns/prtest-${process.pid}-broken`;
    new Namespace().delete(); // /run/netns is there now
    writeFileSync(broken, '');
    try {
      const lines = await read('SockDiag', { localPort: ['1'] });
      const said = lines.flatMap(({ verbose }) => verbose ?? []);
      assert.ok(
        said.some((text) => text.includes('setns() failed: EINVAL')),
        said.join('\n'),
      );
      assert.ok(lines.at(-1)?.end !== undefined);
    } finally {
      rmSync(broken);
    }
  });

  it('are left again, whatever happens inside', () => {
    const namespace = new Namespace();
    const own = ownNetworkNamespace();
    const inode = inodeOf(`/run/netns/${namespace.name}`);
    const found = listNetworkNamespaces().find((each) => each.inode === inode);
    assert.deepEqual(found?.pids, []);
    assert.ok(found !== undefined);
    const inside = () => inodeOf('/proc/thread-self/ns/net');
    assert.equal(insideNamespace(found, inside), inode);
    assert.equal(inside(), own);
    assert.throws(() =>
      insideNamespace(found, () => {
        throw new Error('inside');
      }),
    );
    assert.equal(inside(), own);
    namespace.delete();
    assert.throws(() => insideNamespace(found, inside), { code: 'ENOENT' });
    assert.equal(inside(), own);
  });

  it('keep a sock_diag socket inside that was opened there', async () => {
    const namespace = new Namespace();
    const actor = await Actor.start(namespace);
    await actor.listen('127.0.0.1 5003');
    const found = listNetworkNamespaces().find(
      ({ inode }) => inode === inodeOf(`/run/netns/${namespace.name}`),
    );
    assert.ok(found !== undefined);
    const diag = insideNamespace(found, () => new SockDiag());
    const ports: number[] = [];
    diag.dump(2, 6, ({ localPort }) => ports.push(localPort));
    diag.close();
    assert.deepEqual(ports, [5003]);
    await actor.stop();
    namespace.delete();
  });

  it('are entered by another member where the first one ended', async () => {
    const namespace = new Namespace();
    const [first, second] = [await Actor.start(namespace), await Actor.start(namespace)];
    const inode = inodeOf(`/run/netns/${namespace.name}`);
    const found = listNetworkNamespaces().find((each) => each.inode === inode);
    assert.ok(found !== undefined);
    const leader = Math.min(first.pid, second.pid) === first.pid ? first : second;
    assert.deepEqual(found.pids[0], leader.pid);
    namespace.delete(); // the name goes, the members keep it
    await leader.stop();
    const inside = () => inodeOf('/proc/thread-self/ns/net');
    assert.equal(insideNamespace(found, inside), inode);
    await (leader === first ? second : first).stop();
    assert.throws(() => insideNamespace(found, inside), { code: 'ENOENT' });
  });

  it('come with our own first, and each once', () => {
    const namespaces = listNetworkNamespaces();
    assert.equal(namespaces[0]?.inode, ownNetworkNamespace());
    assert.equal(new Set(namespaces.map(({ inode }) => inode)).size, namespaces.length);
  });
});

describe('a system without /proc', { skip: noNamespaces }, () => {
  it('is told of, where nothing else is left', async () => {
    const hide = ['mount', '-t', 'tmpfs', 'none', '/proc'].join(' ');
    const within = ['unshare', '--mount', 'sh', '-c', `${hide} && exec "$@"`, 'sh'];
    const worker = new Worker({ within });
    const [line] = await worker.request('snapshot', { source: 'ProcNet' });
    await worker.close();
    assert.equal(line?.error?.code, 'PR_SOURCE_UNAVAILABLE');
    assert.match(line?.error?.message ?? '', /could not be read\. ProcNet can't be used: ENOENT/);
    assert.equal(line?.error?.hint, 'Is /proc mounted, and may this process read it?');
  });
});
