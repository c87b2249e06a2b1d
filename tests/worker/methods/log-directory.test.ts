// The log directory that is meant where nobody names one.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installedLogDirectory } from '../../../ts-worker/src/methods/log-directory.ts';
import { FakeMachine } from '../service/support/machine.ts';

test('is the recorder’s; before there is one, an error says how to begin', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-directory-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const machine = new FakeMachine(folder);
  const directory = machine.defaultLogDirectory;
  const found = () => installedLogDirectory(() => Promise.resolve(machine));
  await assert.rejects(found, {
    code: 'PR_LOG_NOT_FOUND',
    message: `Nothing has been recorded here: there is no log directory '${directory}'.`,
    target: directory,
    hint: /^Install-PortReporter -AutoStart begins to record/,
  });
  mkdirSync(directory);
  assert.equal(await found(), directory);
});
