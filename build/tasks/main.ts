// Which task answers which name.

import { compileBpf } from './bpf.ts';
import { buildWorker } from './build-worker.ts';
import { lint } from './lint.ts';
import { runBundled } from './run-bundled.ts';
import { buildServiceHost } from './service-host.ts';
import { say } from './shell.ts';
import { start } from './start.ts';
import { test, testCmdlets, testWorker } from './test.ts';

type Task = (root: string, args: readonly string[]) => Promise<number>;

const tasks: Readonly<Record<string, Task>> = {
  start,
  build: async (root) => {
    await buildWorker(root);
    return 0;
  },
  test,
  'test-worker': testWorker,
  'test-cmdlets': testCmdlets,
  'test-windows': (root, args) => runBundled(root, 'tests/windows/run.ts', args),
  'test-systemd': (root, args) => runBundled(root, 'tests/systemd/run.ts', args),
  traffic: (root, args) => runBundled(root, 'tests/traffic/main.ts', args),
  bench: (root, args) => runBundled(root, 'tests/bench/run.ts', args),
  lint,
  bpf: compileBpf,
  'service-host': buildServiceHost,
};

export async function runTask(
  root: string,
  name: string,
  args: readonly string[],
): Promise<number> {
  const task = tasks[name];
  if (task === undefined) {
    say(`There is no task '${name}'. There are: ${Object.keys(tasks).join(', ')}.`);
    return 64;
  }
  return await task(root, args);
}
