// Every state of a TCP socket, made on purpose: two namespaces with a cable between them, which
// loses what one end sends as soon as the test wants it to.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Actor } from '../support/actor.ts';
import { endpointsOf, type PortEndpoint } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { seenBySs, seenByWorker } from '../support/ss.ts';
import { Worker } from '../support/worker.ts';

/** Ends of a connection whose two sides are called near and far. */
interface Connection {
  readonly near: number;
  readonly far: number;
}

describe('states of sockets', { skip: noNamespaces }, () => {
  let near: Namespace;
  let far: Namespace;
  let nearActor: Actor;
  let farActor: Actor;
  let worker: Worker;

  before(async () => {
    near = new Namespace();
    far = new Namespace();
    near.connect(far, ['192.0.2.1/24', 'fe80::1/64'], ['192.0.2.2/24', 'fe80::2/64']);
    nearActor = await Actor.start(near);
    farActor = await Actor.start(far);
    worker = new Worker();
    await makeStates();
  });

  after(async () => {
    await worker.close();
    await nearActor.stop();
    await farActor.stop();
    near.delete();
    far.delete();
  });

  async function makeStates(): Promise<void> {
    const listener = await farActor.listen('192.0.2.2 80');
    const connect = async (port: number): Promise<Connection> => {
      const socket = await nearActor.connect(`192.0.2.1 ${port}`, '192.0.2.2 80');
      return { near: socket, far: await farActor.accept(listener) };
    };
    await connect(1001);
    const halfClosed = await connect(1002);
    const closedByBoth = await connect(1003);
    const [lastWord, firstWord, crossing] = [
      await connect(1004),
      await connect(1005),
      await connect(1006),
    ];
    await nearActor.end(halfClosed.near); // FinWait2 and CloseWait, both held
    await nearActor.close(closedByBoth.near); // TimeWait, once the far side closes, too
    await farActor.close(closedByBoth.far);
    await farActor.end(lastWord.far); // CloseWait on the near side
    await nearActor.bound('192.0.2.1 9000');
    await until(1002, 'FinWait2');
    await until(1003, 'TimeWait');
    await until(1004, 'CloseWait');
    near.loseNeighbour('192.0.2.2');
    await nearActor.close(lastWord.near); // LastAck: its FIN is lost
    await nearActor.close(firstWord.near); // FinWait1: its FIN is lost
    await nearActor.end(crossing.near); // FinWait1, still held, until the other FIN comes:
    await farActor.end(crossing.far); // Closing
    await nearActor.beginConnect('192.0.2.1 1007', '192.0.2.2 80'); // SynSent, the SYN is lost
    await nearActor.listen('192.0.2.1 81');
    await farActor.beginConnect('192.0.2.2 2001', '192.0.2.1 81'); // SynReceived: its answer is lost
    await until(1006, 'Closing');
    await until(81, 'SynReceived');
  }

  /** What the other side sends comes when the kernel has time for it. */
  async function until(port: number, state: string): Promise<void> {
    const isThere = ({ LocalPort, State }: PortEndpoint) => LocalPort === port && State === state;
    for (let tries = 0; !(await read(near, 'SockDiag')).some(isThere); tries++) {
      assert.ok(tries < 1500, `${port} never came to ${state}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const read = async (namespace: Namespace, source: string): Promise<PortEndpoint[]> =>
    endpointsOf(
      await worker.request('snapshot', { filter: { namespace: [namespace.name] }, source }),
    );

  const expected: readonly (readonly [port: number, state: string, isHeld: boolean])[] = [
    [81, 'Listen', true],
    [81, 'SynReceived', false],
    [1001, 'Established', true],
    [1002, 'FinWait2', true],
    [1003, 'TimeWait', false],
    [1004, 'LastAck', false],
    [1005, 'FinWait1', false],
    [1006, 'Closing', true],
    [1007, 'SynSent', true],
    [9000, 'Bound', true],
  ];

  for (const source of ['Bpf', 'BpfIterators', 'SockDiag', 'ProcNet']) {
    it(`${source} knows them all, and who holds them`, async () => {
      const seen = await read(near, source);
      // /proc/net and ss leave out what is only bound.
      const wanted = expected.filter(([, state]) => source !== 'ProcNet' || state !== 'Bound');
      assert.deepEqual(
        seen.map(({ LocalPort, State, OwningProcess }) => [LocalPort, State, OwningProcess]),
        wanted.map(([port, state, isHeld]) => [port, state, isHeld ? nearActor.pid : null]),
      );
      for (const each of seen.filter(({ OwningProcess }) => OwningProcess === null)) {
        assert.deepEqual([each.Attribution, each.SharedWith], ['None', []]);
      }
    });

    it(`${source} sees on both sides what ss sees`, async () => {
      for (const namespace of [near, far]) {
        assert.deepEqual(seenByWorker(await read(namespace, source)), seenBySs(namespace));
      }
    });
  }

  it('counts no owner as hidden where there is none', async () => {
    const lines = await worker.request('snapshot', { filter: { namespace: [near.name] } });
    assert.deepEqual(
      lines.filter(({ warning }) => warning !== undefined),
      [],
    );
  });

  it('names the scope of a link-local address, where the way of reading knows it', async () => {
    const index = Number(/^(\d+): cable/m.exec(near.ip('-o', 'link', 'show', 'cable'))?.[1]);
    await nearActor.listen(`fe80::1%${index} 82`);
    const filter = { namespace: [near.name], localPort: ['82'] };
    for (const source of ['Bpf', 'BpfIterators', 'SockDiag', 'ProcNet']) {
      const [only] = endpointsOf(await worker.request('snapshot', { filter, source }));
      const known = source === 'ProcNet' ? 'fe80::1' : `fe80::1%${index}`;
      assert.equal(only?.LocalAddress, known, source);
    }
  });
});
