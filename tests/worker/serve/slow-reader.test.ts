// A large answer to a reader that takes its time.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Actor } from '../support/actor.ts';
import { endpointsOf } from '../support/lines.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Worker } from '../support/worker.ts';

/** Long texts and many of them: the answer is larger than all the buffers on its way. */
const near = '2001:db8:1111:1111:1111:1111:1111:1111';
const far = '2001:db8:2222:2222:2222:2222:2222:2222';
const actors = 4;
const each = 10_000;
const count = actors * each;

describe('a large answer', { skip: noNamespaces }, () => {
  let namespace: Namespace;
  const opened: Actor[] = [];
  let worker: Worker;

  before(async () => {
    namespace = new Namespace();
    for (const address of [near, far]) namespace.ip('addr', 'add', `${address}/128`, 'dev', 'lo');
    for (let i = 0; i < actors; i++) {
      const actor = await Actor.start(namespace);
      opened.push(actor);
      await actor.manyUdp(`${near} ${20_000 + i * each}`, `${far} 9`, each);
    }
  });

  after(async () => {
    for (const actor of opened) await actor.stop();
    namespace.delete();
  });

  const ask = (): number => worker.ask('snapshot', { filter: { namespace: [namespace.name] } });

  const memory = (): number => {
    const status = readFileSync(`/proc/${worker.process.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  };

  it('waits for the reader, takes no memory meanwhile, and hears a cancel', async () => {
    worker = new Worker();
    ask();
    const start = performance.now();
    assert.equal(endpointsOf(await worker.answer()).length, count);
    const once = performance.now() - start;
    const before = memory();
    const asked = Array.from({ length: 50 }, ask);
    await delay(Math.min(4 * once, 5000)); // long enough for some of them, would it not wait
    assert.ok(memory() - before < 60, `${before} MB before, ${memory()} MB now`);
    for (const cancel of asked) worker.send({ cancel });
    await delay(50);
    const first = await worker.answer();
    assert.deepEqual(first.at(-1), { end: { cancelled: true } });
    const rows = endpointsOf(first).length;
    assert.ok(rows > 0 && rows < count, `${rows} rows`);
    for (let i = 1; i < asked.length; i++) {
      assert.deepEqual(await worker.answer(), [{ end: { cancelled: true } }]);
    }
    assert.equal((await worker.request('hello')).length, 1);
    assert.deepEqual(await worker.close(), { code: 0, signal: null });
    assert.equal(worker.errors, '');
  });

  it('is ended by the end of the input: whole lines, and the last one says so', async () => {
    worker = new Worker();
    ask();
    const first = await worker.next();
    worker.stdin.end();
    const lines = [first];
    for (;;) {
      const line = await worker.next();
      lines.push(line);
      if (line.end !== undefined) break;
    }
    assert.deepEqual(lines.at(-1), { end: { cancelled: true } });
    await assert.rejects(worker.next(), /The worker said no more/);
    assert.deepEqual(await worker.ended(), { code: 0, signal: null });
  });

  it('is whole where the reader is slow all the way', async () => {
    worker = new Worker();
    ask();
    const lines = [];
    for (;;) {
      const line = await worker.next();
      lines.push(line);
      if (line.end !== undefined) break;
      await delay(10);
    }
    const ports = new Set(endpointsOf(lines).map(({ LocalPort }) => LocalPort));
    assert.equal(ports.size, count);
    assert.deepEqual(await worker.close(), { code: 0, signal: null });
  });
});
