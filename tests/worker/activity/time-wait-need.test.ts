import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { timeWaitLimit } from '../../../native/linux/time-wait-limit.ts';
import { needsTimeWaits } from '../../../ts-worker/src/activity/time-wait-need.ts';

describe('what is in TIME_WAIT', () => {
  it('is read where it is little', () => {
    assert.ok(needsTimeWaits(0, 131_072));
    assert.ok(needsTimeWaits(9999, 131_072));
    assert.ok(!needsTimeWaits(10_000, 131_072));
  });

  it('is read where the kernel may have had no room for all of it', () => {
    assert.ok(!needsTimeWaits(98_304, 131_072));
    assert.ok(needsTimeWaits(98_305, 131_072));
    assert.ok(needsTimeWaits(10_000, 8192));
    assert.ok(needsTimeWaits(10_000, 0), 'the limit is not known');
  });
});

describe('how much may be in TIME_WAIT', { skip: process.platform !== 'linux' }, () => {
  it('is what sysctl says', () => {
    const text = readFileSync('/proc/sys/net/ipv4/tcp_max_tw_buckets', 'latin1');
    assert.equal(timeWaitLimit(), Number.parseInt(text, 10));
    assert.ok(timeWaitLimit() > 0);
  });
});
