// The worker is one bundled file: ts-worker/dist/portreporter-worker.cjs. koffi stays outside, as
// it brings a binary of its own.

import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { isStale, say } from './shell.ts';

export const workerBuild = (root: string, outfile: string): BuildOptions => ({
  absWorkingDir: root,
  entryPoints: ['ts-worker/src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['koffi'],
  loader: { '.o': 'binary' },
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
});

export async function buildWorker(root: string): Promise<void> {
  const outfile = join(root, 'ts-worker/dist/portreporter-worker.cjs');
  const sources = ['ts-worker/src', 'native', 'package.json'].map((each) => join(root, each));
  if (!isStale(outfile, sources)) return;
  say('Building the worker…');
  await build(workerBuild(root, outfile));
}
