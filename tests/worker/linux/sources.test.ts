// The three ways of reading must see what `ss` sees, in two namespaces that look alike.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Actor } from '../support/actor.ts';
import { endpointsOf, type PortEndpoint } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { seenBySs, seenByWorker } from '../support/ss.ts';
import { Worker } from '../support/worker.ts';

/** The same addresses and ports in every namespace it is called for. */
async function openEverything(actor: Actor): Promise<void> {
  const listener = await actor.listen('127.0.0.1 8080');
  await actor.connect('127.0.0.1 40001', '127.0.0.1 8080');
  await actor.accept(listener);
  await actor.connect('127.0.0.1 40002', '127.0.0.1 8080'); // is not accepted
  const shared = await actor.listen(':: 443');
  await actor.connect('127.0.0.1 40003', '127.0.0.1 443');
  await actor.accept(shared);
  await actor.share(shared, 'sleep', '120');
  await actor.listen(':: 444', { ipv6Only: true });
  await actor.connect('::1 40004', '::1 443');
  await actor.bound('127.0.0.1 9000');
  await actor.udp('0.0.0.0 53');
  await actor.connectedUdp('127.0.0.1 5300', '127.0.0.1 53');
  await actor.udp(':: 5353');
  await actor.udp('::1 123', { ipv6Only: true });
}

describe('ways of reading', { skip: noNamespaces }, () => {
  const namespaces: Namespace[] = [];
  const actors: Actor[] = [];
  let worker: Worker;

  before(async () => {
    for (let i = 0; i < 2; i++) {
      const namespace = new Namespace();
      namespaces.push(namespace);
      const actor = await Actor.start(namespace);
      actors.push(actor);
      await openEverything(actor);
    }
    worker = new Worker();
  });

  after(async () => {
    await worker.close();
    for (const actor of actors) await actor.stop();
    for (const namespace of namespaces) namespace.delete();
  });

  const read = async (namespace: Namespace, source: string): Promise<PortEndpoint[]> => {
    const filter = { namespace: [namespace.name] };
    const lines = await worker.request('snapshot', { filter, source });
    assert.ok(
      lines.some(({ verbose }) => verbose === `Read by ${source}.`),
      JSON.stringify(lines),
    );
    return endpointsOf(lines);
  };

  for (const source of ['Bpf', 'BpfIterators', 'SockDiag', 'ProcNet']) {
    it(`${source} sees what ss sees, with the same holders`, async () => {
      for (const namespace of namespaces) {
        const expected = seenBySs(namespace);
        assert.equal(expected.length, 15);
        assert.deepEqual(seenByWorker(await read(namespace, source)), expected);
      }
    });
  }
});
