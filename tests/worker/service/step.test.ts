// Steps: their order, what is taken back, and what is said of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortReporterError } from '../../../ts-worker/src/model/error.ts';
import { runSteps, type Step } from '../../../ts-worker/src/service/step.ts';

/** Steps that write down what becomes of them; those named fail. */
function recorded(names: readonly string[], fails: readonly string[], finals: string[] = []) {
  const log: string[] = [];
  const act = async (what: string) => {
    if (fails.includes(what)) throw new Error(`${what} went wrong`);
    log.push(what);
  };
  const steps = names.map((name): Step => {
    const step = { description: `Do ${name}`, do: () => act(name), undo: () => act(`-${name}`) };
    return finals.includes(name) ? { ...step, isFinal: true } : step;
  });
  return { log, steps };
}

const quiet = async (): Promise<void> => {};

const failure = (expected: RegExp, hint?: string) => (error: unknown) => {
  assert.ok(error instanceof PortReporterError);
  assert.equal(error.code, 'PR_STEP_FAILED');
  assert.match(error.message, expected);
  if (hint !== undefined) assert.equal(error.hint, hint);
  return true;
};

test('all are announced and done, in order', async () => {
  const { log, steps } = recorded(['a', 'b'], []);
  await runSteps(steps, async ({ description }) => void log.push(description));
  assert.deepEqual(log, ['Do a', 'a', 'Do b', 'b']);
});

test('the ones before a failure are taken back, the last first; the failed one is not', async () => {
  const { log, steps } = recorded(['a', 'b', 'c', 'd'], ['c']);
  await assert.rejects(runSteps(steps, quiet), failure(/^The step "Do c" failed: .*c went wrong/));
  assert.deepEqual(log, ['a', 'b', '-b', '-a']);
});

test('what could not be taken back is named, and the rest still is', async () => {
  const { log, steps } = recorded(['a', 'b', 'c'], ['c', '-b']);
  const expected = /"Do c" failed: .* "Do b" could not be taken back: .*-b went wrong$/;
  await assert.rejects(runSteps(steps, quiet), failure(expected));
  assert.deepEqual(log, ['a', 'b', '-a']);
});

test('where a removal fails all before it stays', async () => {
  const { log, steps } = recorded(['a', 'b'], ['b'], ['b']);
  await assert.rejects(
    runSteps(steps, quiet),
    failure(/Everything before it is done, and stays\.$/),
  );
  assert.deepEqual(log, ['a']);
});

test('the hint of the cause is kept', async () => {
  const cause = new PortReporterError('PR_PATH_UNSAFE', 'It is open.', { hint: 'Close it.' });
  const step = { description: 'Look', do: () => Promise.reject(cause), undo: quiet };
  await assert.rejects(runSteps([step], quiet), failure(/failed: It is open\./, 'Close it.'));
});

test('a cancel between two steps takes back, and is not called a failure', async () => {
  const { log, steps } = recorded(['a', 'b'], []);
  const cancel = new Error('cancelled');
  const announce = async ({ description }: Step) => {
    if (description === 'Do b') throw cancel;
  };
  await assert.rejects(runSteps(steps, announce), cancel);
  assert.deepEqual(log, ['a', '-a']);
});
