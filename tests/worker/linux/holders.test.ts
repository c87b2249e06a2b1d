// Who holds a socket: forks, descriptors handed on, processes that end at the wrong moment, and what
// no process holds.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { Actor } from '../support/actor.ts';
import { endpointsOf, type Line, type PortEndpoint } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Worker } from '../support/worker.ts';

const sources = ['Bpf', 'BpfIterators', 'SockDiag', 'ProcNet'];

/** Some sandboxes keep a process of theirs from being looked into, even by root. */
function seesAllDescriptors(): boolean {
  const { byInode, denied } = readSocketHolders();
  return denied === 0 && byInode.size > 0;
}

describe('holders of sockets', { skip: noNamespaces }, () => {
  let namespace: Namespace;
  let actor: Actor;
  let worker: Worker;

  before(async () => {
    namespace = new Namespace();
    actor = await Actor.start(namespace);
    worker = new Worker();
  });

  after(async () => {
    await worker.close();
    await actor.stop();
    namespace.delete();
  });

  const ask = (port: number, source: string, params: object = {}): Promise<Line[]> => {
    const filter = { namespace: [namespace.name], localPort: [String(port)] };
    return worker.request('snapshot', { filter, source, ...params });
  };

  const read = async (port: number, source: string): Promise<PortEndpoint | undefined> => {
    const endpoints = endpointsOf(await ask(port, source));
    assert.equal(endpoints.length, 1);
    return endpoints[0];
  };

  for (const source of sources) {
    it(`${source}: the oldest owns a socket that forks share, the others are told`, async () => {
      const socket = await actor.listen('127.0.0.1 0');
      const port = await actor.portOf(socket);
      const first = await actor.share(socket, 'sleep', '60');
      const second = await actor.share(socket, 'sleep', '60');
      const shared = await read(port, source);
      assert.equal(shared?.OwningProcess, actor.pid);
      assert.deepEqual(
        shared?.SharedWith,
        [first, second].sort((a, b) => a - b),
      );
    });

    it(`${source}: a fork owns what its parent closed, though the parent lives on`, async () => {
      const socket = await actor.udp('127.0.0.1 0');
      const port = await actor.portOf(socket);
      const child = await actor.share(socket, 'sleep', '60');
      await actor.close(socket);
      const left = await read(port, source);
      assert.equal(left?.OwningProcess, child);
      assert.equal(left?.ProcessName, 'sleep');
      assert.equal(left?.CommandLine, 'sleep 60');
      assert.deepEqual(left?.SharedWith, []);
    });

    it(`${source}: several descriptors of one process are one holder`, async () => {
      const socket = await actor.listen('127.0.0.1 0');
      const port = await actor.portOf(socket);
      await actor.duplicate(socket);
      assert.deepEqual((await read(port, source))?.SharedWith, []);
    });

    it(`${source}: a connection that nobody accepted yet has no owner, nor a hidden one`, async () => {
      const listener = await actor.listen('127.0.0.1 0');
      const port = await actor.portOf(listener);
      await actor.connect('127.0.0.1 0', `127.0.0.1 ${port}`);
      const lines = await ask(port, source);
      const waiting = endpointsOf(lines).find(({ State }) => State === 'Established');
      assert.deepEqual([waiting?.OwningProcess, waiting?.SharedWith], [null, []]);
      assert.ok(lines.every(({ warning }) => warning === undefined));
    });

    const blind =
      !source.startsWith('Bpf') && !seesAllDescriptors() && 'root may not see all processes';

    it(`${source}: a socket of the kernel has no owner`, { skip: blind }, async (test) => {
      const port = 4000 + sources.indexOf(source);
      if (!namespace.openInKernel(port)) return test.skip('this kernel has no vxlan');
      const lines = await ask(port, source);
      const [only] = endpointsOf(lines);
      assert.deepEqual([only?.Protocol, only?.OwningProcess, only?.SharedWith], ['UDP', null, []]);
      assert.ok(lines.every(({ warning }) => warning === undefined));
    });

    it(`${source}: tells the modules of the owner where asked to`, async () => {
      const socket = await actor.listen('127.0.0.1 0');
      const port = await actor.portOf(socket);
      const [without] = endpointsOf(await ask(port, source));
      assert.equal(without?.Modules, null);
      const [only] = endpointsOf(await ask(port, source, { includeModules: true }));
      assert.ok(only?.Modules?.includes(process.execPath));
      assert.ok(only?.Modules?.every((path) => path.startsWith('/')));
    });
  }

  it('stands processes that end during the scan', async () => {
    const socket = await actor.listen('127.0.0.1 0');
    const port = await actor.portOf(socket);
    let running = true;
    const churn = (async () => {
      while (running) {
        const child = spawn('true', { stdio: 'ignore' });
        await once(child, 'close');
        await actor.share(socket, 'true');
      }
    })();
    const until = performance.now() + 2000;
    let asked = 0;
    for (; performance.now() < until || asked < 20; asked++) {
      const source = sources[asked % sources.length] ?? '';
      const lines = await ask(port, source);
      assert.ok(lines.at(-1)?.end !== undefined, JSON.stringify(lines));
      assert.equal(endpointsOf(lines)[0]?.OwningProcess, actor.pid);
      await delay(5);
    }
    running = false;
    await churn;
  });

  it('is a process of the network namespace of each socket, not of where it lives itself', async () => {
    const stranger = await Actor.start();
    try {
      const socket = await actor.udp('127.0.0.1 0');
      const port = await actor.portOf(socket);
      const own = await stranger.udp(`127.0.0.1 ${port}`);
      const filter = { localPort: [String(port)], localAddress: ['127.0.0.1'], protocol: ['udp'] };
      for (const source of sources) {
        const endpoints = endpointsOf(await worker.request('snapshot', { filter, source }));
        const seen = endpoints.map(({ Namespace: name, OwningProcess }) => [name, OwningProcess]);
        const wanted = [
          ['default', stranger.pid],
          [namespace.name, actor.pid],
        ];
        assert.deepEqual(seen.sort(), wanted.sort(), `${source} ${own}`);
      }
    } finally {
      await stranger.stop();
    }
  });
});
