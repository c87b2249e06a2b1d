// Compiles every *.bpf.c beside this file into the *.bpf.o that is committed with it. Needed only
// after a change to the C: `node native/linux/bpf/compile.mjs [output folder]`.
//
// The objects must come out the same everywhere, so the compiler is one version (Debian 12's
// clang-14), and the paths it writes into the line information do not depend on the folder.

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const output = process.argv[2] ?? here;

const flags = [
  '-O2',
  '-g', // writes the types (BTF) and the relocations (BTF.ext) that core.ts works with
  '-target',
  'bpfel', // little endian, as every processor that koffi's Linux binaries run on
  '-mcpu=v2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fdebug-compilation-dir=.',
];

for (const source of readdirSync(here).filter((name) => name.endsWith('.bpf.c'))) {
  const object = join(output, `${basename(source, '.c')}.o`);
  execFileSync('clang-14', [...flags, '-c', source, '-o', object], { cwd: here, stdio: 'inherit' });
  // Drops DWARF, which nobody reads; keeps BTF.
  execFileSync('llvm-strip-14', ['-g', object], { stdio: 'inherit' });
}
