// Lint, format and types: silent where all is well. The tools are run by Node itself, since what npm
// puts into node_modules/.bin is a shell script on Windows.

import { join } from 'node:path';
import { run, say } from './shell.ts';

export async function lint(root: string): Promise<number> {
  say('Checking lint and format (biome), then types (tsc)…');
  const tool = (path: string, ...args: readonly string[]) =>
    run(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root });
  const biome = await tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings');
  const types = await tool('typescript/bin/tsc', '--project', root);
  return biome === 0 && types === 0 ? 0 : 1;
}
