// Many changes at once: none may be lost, whatever the machine. How fast it goes is the benchmark's.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runLoad } from '../../bench/recorder/load.ts';

const skip = process.platform === 'linux' ? false : 'the directory is that of Linux';

describe('the logs', { skip }, () => {
  it('take 50,000 changes a second for 3 s and lose none', async () => {
    const today = new Date().getDate();
    const result = await runLoad({ rate: 50_000, duration: 3000 });
    assert.deepEqual([result.told, result.written, result.missed], [150_000, 150_000, 0]);
    // No storm of files: size rolls once a minute, and midnight may be now.
    const rolls = Math.floor(result.time / 60_000) + (new Date().getDate() === today ? 0 : 1);
    assert.ok(result.files <= 3 * (1 + rolls), `${result.files} files`);
  });

  it('take a burst of 110,000 a second for 2 s and lose none', async () => {
    const { told, written, missed } = await runLoad({ rate: 110_000, duration: 2000 });
    assert.deepEqual([told, written, missed], [220_000, 220_000, 0]);
  });
});
