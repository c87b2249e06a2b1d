// The BPF programs are committed compiled, so that nobody needs clang; this makes them anew.

import { join } from 'node:path';
import { run } from './shell.ts';

export const compileBpf = (root: string): Promise<number> =>
  run(process.execPath, [join(root, 'native/linux/bpf/compile.mjs')], { cwd: root });
