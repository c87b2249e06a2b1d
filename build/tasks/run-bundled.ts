// Runs a TypeScript program of the repository: bundled first, since Node 20 reads no TypeScript.

import { join } from 'node:path';
import { build } from 'esbuild';
import { buildWorker } from './build-worker.ts';
import { run } from './shell.ts';

export async function bundle(
  root: string,
  entryPoints: readonly string[],
  outdir: string,
): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    outdir,
    outbase: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    loader: { '.o': 'binary' },
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
}

export async function runBundled(
  root: string,
  program: string,
  args: readonly string[],
): Promise<number> {
  await buildWorker(root);
  const outdir = join(root, '.cache/programs');
  await bundle(root, [program], outdir);
  const built = join(outdir, program.replace(/\.ts$/, '.mjs'));
  return await run(process.execPath, ['--enable-source-maps', built, ...args], { cwd: root });
}
