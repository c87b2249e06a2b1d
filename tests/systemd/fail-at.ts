// Runs on the machine under test: `node fail-at.mjs STEP SETTINGS` plans an install by the product's own
// code and has one step fail in place of its work; without a STEP it tells how many there are.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { reportOf } from '../../ts-worker/src/model/error.ts';
import { planInstall } from '../../ts-worker/src/service/install.ts';
import { createMachine } from '../../ts-worker/src/service/platform.ts';
import { ownModule } from '../../ts-worker/src/service/release.ts';
import { runSteps, type Step } from '../../ts-worker/src/service/step.ts';

const [moduleFolder = '', at, settings = '{}'] = process.argv.slice(2);
const worker = join(moduleFolder, 'ts-worker/dist/portreporter-worker.cjs');
const require = createRequire(worker);
require('koffi');

const failing = (step: Step): Step => ({
  ...step,
  do: () => Promise.reject(new Error('this step was made to fail')),
});

async function main(): Promise<object> {
  const machine = await createMachine(worker);
  const module = ownModule(worker, Object.keys(require.cache));
  const request = { directory: null, nodePath: null, force: false, autoStart: true };
  const { steps } = await planInstall(machine, module, {
    ...request,
    settings: JSON.parse(settings),
  });
  if (at === 'count') return { steps: steps.map(({ description }) => description) };
  const chosen = steps.map((step, i) => (i === Number(at) ? failing(step) : step));
  try {
    await runSteps(chosen, async () => {});
    return { done: true };
  } catch (error) {
    return reportOf(error);
  }
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
