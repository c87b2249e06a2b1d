// The worker as the module starts it: a process with three pipes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endpointsOf } from '../support/lines.ts';
import { inRepository } from '../support/repository.ts';
import { Worker } from '../support/worker.ts';

const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));

describe('serve', () => {
  let worker: Worker;

  before(() => {
    worker = new Worker();
  });

  after(async () => {
    assert.deepEqual(await worker.close(), { code: 0, signal: null });
    assert.equal(worker.errors, '');
  });

  it('says who it is', async () => {
    const { pid } = worker.process;
    const end = { version, node: process.version, pid };
    assert.deepEqual(await worker.request('hello'), [{ end }]);
  });

  it('answers requests that come at once, in order', async () => {
    const hello = (id: number) => `{"id":${id},"method":"hello"}\n`;
    worker.stdin.write(`${hello(101)}{"id":102,"method":"dance"}\n{broken\n${hello(103)}`);
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) codes.push((await worker.answer())[0]?.error?.code);
    assert.deepEqual(codes, [undefined, 'PR_REQUEST_INVALID', 'PR_REQUEST_INVALID', undefined]);
  });

  it('sees its own machine', async () => {
    const lines = await worker.request('snapshot');
    const endpoints = endpointsOf(lines);
    assert.deepEqual(lines.at(-1)?.end, { rows: endpoints.length });
    assert.ok(lines.some(({ verbose }) => /^Read by \w+\.$/.test(verbose ?? '')));
    for (const { Time } of endpoints) {
      assert.match(Time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      assert.ok(Math.abs(Date.parse(Time) - Date.now()) < 60_000);
    }
  });

  it('names the way that is not known, and those that are', async () => {
    const [line] = await worker.request('snapshot', { source: 'Magic' });
    assert.equal(line?.error?.code, 'PR_SOURCE_UNAVAILABLE');
    assert.match(
      line?.error?.message ?? '',
      /^'Magic' is no way to read sockets on .*; there are /,
    );
    assert.equal(line?.error?.target, 'Magic');
  });

  it('refuses a filter in the words of the cmdlet', async () => {
    const [line] = await worker.request('snapshot', { filter: { localPort: ['http'] } });
    assert.deepEqual(line?.error, {
      code: 'PR_FILTER_INVALID',
      message:
        "'http' is not a value that -LocalPort understands; it accepts a number from 0 to 65535 " +
        'or a range such as 8000-8100.',
      target: 'http',
      hint: null,
    });
  });

  it('does not end by Ctrl+C, which a terminal sends to the shell and to it', async () => {
    worker.process.kill('SIGINT');
    worker.process.kill('SIGINT');
    await delay(100);
    assert.equal((await worker.request('hello')).length, 1);
  });
});

describe('the end of a worker', () => {
  it('comes with the end of its input, asked or not', async () => {
    assert.deepEqual(await new Worker().close(), { code: 0, signal: null });
    const worker = new Worker();
    await worker.request('statistics');
    assert.deepEqual(await worker.close(), { code: 0, signal: null });
    assert.equal(worker.errors, '');
  });

  it('comes when its output is closed, though its input stays open', async () => {
    const worker = new Worker();
    await worker.request('hello');
    worker.stdout.destroy();
    const ask = setInterval(() => worker.ask('hello'), 50);
    const ended = await Promise.race([
      worker.ended(),
      delay(60_000, 'still there', { ref: false }),
    ]);
    clearInterval(ask);
    worker.process.kill('SIGKILL');
    assert.deepEqual(ended, { code: 0, signal: null });
    assert.equal(worker.errors, '');
  });

  it('comes with an error where a request never ends its line', async () => {
    const worker = new Worker();
    for (let i = 0; i < 17; i++) worker.stdin.write('x'.repeat(1024 * 1024));
    const ended = await worker.ended();
    assert.deepEqual(ended, { code: 1, signal: null });
    assert.match(worker.errors, /^PR_INTERNAL: .*a request line of more than 16 MiB/);
  });
});
