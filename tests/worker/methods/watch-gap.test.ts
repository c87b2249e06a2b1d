// A gap is told whatever was asked for: here the kernel's ring is too small for what happens, and only
// the beginnings of endpoints are wanted.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Actor } from '../support/actor.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { Worker } from '../support/worker.ts';

interface Template {
  readonly Change: string;
  readonly Missed: number | null;
  readonly Reason: string | null;
}

it('a watch for other kinds of changes tells its gaps', { skip: noNamespaces }, async () => {
  const namespace = new Namespace();
  const actor = await Actor.start(namespace);
  const worker = new Worker();
  try {
    const filter = { change: ['Appeared'], namespace: [namespace.name] };
    worker.ask('watch', { filter, source: 'Kernel', ringSize: 4096, duration: 3000 });
    while ((await worker.next()).watching === undefined);
    await actor.manyUdp('127.0.0.1 20000', '127.0.0.1 9', 2000);
    const lines = await worker.answer();
    const templates = lines.flatMap((line) => (line.templates ?? []) as readonly Template[]);
    const gap = templates.find(({ Change }) => Change === 'Gap');
    assert.ok((gap?.Missed ?? 0) > 0, JSON.stringify(templates.map(({ Change }) => Change)));
    assert.match(gap?.Reason ?? '', /no room left/);
    for (const { Change } of templates) assert.ok(['Appeared', 'Gap'].includes(Change), Change);
  } finally {
    await worker.close();
    await actor.stop();
    namespace.delete();
  }
});
