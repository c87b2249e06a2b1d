import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { Answer } from '../../../ts-worker/src/protocol/answer.ts';
import { echo, endless, SlowReader, serve, turns } from '../support/server.ts';

describe('server and a slow reader', () => {
  it('makes no more than the reader takes, and hears a cancel meanwhile', async () => {
    const output = new SlowReader();
    let made = 0;
    const large = async (_: unknown, answer: Answer): Promise<object> => {
      for (;;) {
        made += 1;
        await answer.send({ values: ['x'.repeat(2000)] });
      }
    };
    const { input, say, ended } = serve({ large }, output);
    say({ id: 1, method: 'large' });
    await turns(50);
    assert.equal(made, 1);
    output.take();
    await turns(50);
    assert.equal(made, 2);
    say({ cancel: 1 });
    await turns(50);
    output.take();
    await turns(50);
    output.take();
    input.end();
    await ended;
    assert.equal(made, 2);
    assert.equal(output.taken.at(-1), '{"end":{"cancelled":true}}\n');
  });
});

describe('the end of serving', () => {
  it('comes with the end of the input, and cancels what still runs', async () => {
    const { input, say, ended, lines } = serve({ endless });
    say({ id: 1, method: 'endless' });
    await turns(10);
    input.end();
    await ended;
    assert.deepEqual(lines().at(-1), { end: { cancelled: true } });
  });

  it('comes when nobody reads any more, though the input stays open', async () => {
    for (const failure of [new Error('EPIPE'), undefined]) {
      const output = new PassThrough();
      const { input, say, ended } = serve({ endless }, output);
      say({ id: 1, method: 'endless' });
      await turns(10);
      output.destroy(failure);
      await ended;
      assert.ok(input.destroyed);
    }
  });

  it('comes when the reader leaves while a line waits for it', async () => {
    const output = new SlowReader();
    const { say, ended } = serve({ endless }, output);
    say({ id: 1, method: 'endless' });
    say({ id: 2, method: 'endless' });
    await turns(200);
    output.destroy();
    await ended;
  });

  it('is a failure where a request never ends its line', async () => {
    const { input, ended } = serve({ echo });
    const failed = assert.rejects(ended, /a request line of more than 16 MiB/);
    for (let i = 0; i < 17; i++) input.write('x'.repeat(1024 * 1024));
    await failed;
  });
});
