// A worker as the cmdlets start it (cmdlets/private/Worker.ps1).

import { join } from 'node:path';

export const workerCommand = (root: string): readonly [string, string[]] => {
  const program = join(root, 'ts-worker/dist/portreporter-worker.cjs');
  return [process.execPath, ['--max-semi-space-size=4', program, 'serve']];
};
