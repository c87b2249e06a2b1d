// How c8 (the coverage of V8) is asked: which files count, and how it is told.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';

const folders = ['ts-worker/src', 'native'];

/** A file of types alone leaves nothing to run, and would count as never covered. */
async function hasCode(file: string): Promise<boolean> {
  const { code } = await transform(await readFile(file, 'utf8'), { loader: 'ts' });
  return code.trim() !== '';
}

async function filesOfTypes(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(join(root, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith('.ts') && !each.endsWith('.d.ts'))) {
      if (!(await hasCode(join(root, folder, name)))) found.push(`${folder}/${name}`);
    }
  }
  return found.map((each) => each.replaceAll('\\', '/'));
}

/** The command line that stands before the program to be watched. */
export async function coverageArguments(root: string): Promise<string[]> {
  const elsewhere = process.platform === 'win32' ? 'linux' : 'windows'; // can't run here
  const left = [`native/${elsewhere}/**`, `${elsewhere}*.ts`, 'tests/**', '*.d.ts'];
  // c8 asks these patterns about file: URLs as well, which only a leading ** lets in: without it
  // every file that was loaded counts as covered from end to end.
  return [
    ...[join(root, 'node_modules/c8/bin/c8.js'), '--clean', '--reporter=text-summary'],
    ...['--reporter=json-summary', '--exclude-after-remap'],
    ...folders.map((folder) => `--include=**/${folder}/**`),
    ...[...left, ...(await filesOfTypes(root))].map((each) => `--exclude=**/${each}`),
    ...['--all', ...folders.map((folder) => `--src=${folder}`), '--extension=.ts'],
  ];
}
