// Lint, format and types: silent where all is well.

import { join } from 'node:path';
import { run, say } from './shell.ts';

export async function lint(root: string): Promise<number> {
  const tool = (name: string) => join(root, 'node_modules/.bin', name);
  say('Checking lint and format (biome), then types (tsc)…');
  const shell = { cwd: root };
  const biome = await run(tool('biome'), ['check', '--error-on-warnings'], shell);
  const types = await run(tool('tsc'), ['--project', root], shell);
  return biome === 0 && types === 0 ? 0 : 1;
}
