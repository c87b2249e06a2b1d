// The capture thread and a listener that keeps all it is given: what may be on its way is bounded, and
// who has to go on can.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { type Batch, Capture } from '../../../ts-worker/src/activity/capture.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { inRepository } from '../support/repository.ts';

const file = inRepository('ts-worker/dist/portreporter-worker.cjs');

/** The smallest ring, so that little traffic is more than there is room for. */
const ringSize = 4096;

async function bindOnce(): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.close();
  await once(socket, 'close');
}

describe('a listener that keeps what it is given', { skip: whyNoBpf() }, () => {
  const kept: Batch[] = [];
  let capture: Capture;
  before(async () => {
    const failed = (error: Error) => assert.fail(error);
    capture = await Capture.open(
      { file, ringSize },
      { events: (batch) => kept.push(batch), failed },
    );
  });
  after(() => capture.stop());

  it('hears that there was no room, and does not wait for it', async () => {
    let all = await capture.hear();
    assert.equal(all, true);
    for (let made = 0; all && made < 2000; made++) {
      await bindOnce();
      all = await capture.hear();
    }
    assert.equal(all, false);
  });

  it('gets everything once there is room again', async () => {
    const drained = capture.drain();
    for (let number = 0; number < kept.length; number++) kept[number]?.release();
    kept.length = 0;
    await drained;
    for (const batch of kept.splice(0)) batch.release();
    assert.equal(await capture.hear(), true);
  });
});
