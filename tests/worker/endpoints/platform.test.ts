import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createEndpointReader } from '../../../ts-worker/src/endpoints/platform.ts';
import { createProcessReader } from '../../../ts-worker/src/processes/platform.ts';

describe('a system that is neither Windows nor Linux', () => {
  const { platform } = process;
  after(() => Object.defineProperty(process, 'platform', { value: platform }));

  for (const create of [createEndpointReader, createProcessReader]) {
    it(`is refused by name: ${create.name}`, async () => {
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      await assert.rejects(create(), {
        code: 'PR_PLATFORM_UNSUPPORTED',
        message: "PortReporter runs on Windows and Linux; this system is 'darwin'.",
        target: 'darwin',
        hint: 'Run it on Windows 10 or later, or on Linux.',
      });
    });
  }
});
