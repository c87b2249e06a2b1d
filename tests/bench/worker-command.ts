// A worker as the cmdlets start it (cmdlets/private/Worker.ps1).

import { join } from 'node:path';

type Command = readonly [program: string, args: string[], environment: NodeJS.ProcessEnv];

export const workerCommand = (root: string): Command => {
  const program = join(root, 'ts-worker/dist/portreporter-worker.cjs');
  const args = ['--max-semi-space-size=4', program, 'serve'];
  return [process.execPath, args, { ...process.env, MALLOC_ARENA_MAX: '1' }];
};
