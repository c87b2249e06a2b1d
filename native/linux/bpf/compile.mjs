// Compiles every *.bpf.c beside this file into the *.bpf.o that is committed with it. Needed only
// after a change to the C: `npm run bpf`. With a folder as argument the objects go there instead.
//
// The objects must come out the same everywhere, so the compiler is one version (Debian 12's
// clang-14), and the paths that it writes into the line information do not depend on where the
// repository lies. Plain JavaScript, because the worker can't be bundled before the objects exist.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const output = resolve(process.argv[2] ?? here);

const compilerFlags = [
  '-O2',
  '-g', // writes the types (BTF) and the questions about the kernel's (BTF.ext)
  ...['-target', 'bpfel'], // little endian, as every processor koffi has a Linux binary for
  '-mcpu=v2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fdebug-compilation-dir=.',
];

/** Takes away DWARF, and relocations that only a linker would follow; BTF itself stays. */
const stripFlags = [
  '-g',
  '--remove-section=.rel.BTF',
  '--remove-section=.rel.BTF.ext',
  '--remove-section=.llvm_addrsig',
];

function run(tool, args) {
  const { status, error } = spawnSync(tool, args, { cwd: here, stdio: 'inherit' });
  if (status === 0) return;
  const why = error?.code === 'ENOENT' ? 'it is not installed (Debian: clang-14, llvm-14)' : status;
  process.stderr.write(`${tool} failed: ${why}\n`);
  process.exit(1);
}

for (const source of readdirSync(here).filter((name) => name.endsWith('.bpf.c'))) {
  const object = join(output, source.replace(/c$/, 'o'));
  run('clang-14', [...compilerFlags, '-c', source, '-o', object]);
  run('llvm-strip-14', [...stripFlags, object]);
}
