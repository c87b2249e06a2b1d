// The BPF programs are committed compiled, so that nobody needs clang; these two keep them true.

import { runBundled } from './run-bundled.ts';

export const compileBpf = (root: string): Promise<number> =>
  runBundled(root, 'native/linux/bpf/compile.ts', []);

export const checkBpf = (root: string): Promise<number> =>
  runBundled(root, 'native/linux/bpf/compile.ts', ['--check']);
