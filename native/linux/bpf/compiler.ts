// Compiles every *.bpf.c of this folder into the *.bpf.o that is committed beside it. The objects
// must come out the same everywhere, so the compiler is one version (Debian 12's clang-14), and the
// paths that it writes into the line information do not depend on where the folder lies.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const compiler = 'clang-14';
const stripper = 'llvm-strip-14';

const flags = [
  '-O2',
  '-g', // writes the types (BTF) and the questions about the kernel's (BTF.ext)
  ...['-target', 'bpfel'], // little endian, as every processor koffi has a Linux binary for
  '-mcpu=v2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fdebug-compilation-dir=.',
];

/** DWARF, and relocations that only a linker would follow; BTF itself stays. */
const unread = [
  '-g',
  '--remove-section=.rel.BTF',
  '--remove-section=.rel.BTF.ext',
  '--remove-section=.llvm_addrsig',
];

/** What is to be installed before anything can be compiled; null where all is there. */
export function missingCompiler(): string | null {
  const missing = [compiler, stripper].find((tool) => spawnSync(tool, ['--version']).error);
  return missing === undefined ? null : `${missing} is not installed (Debian: clang-14, llvm-14)`;
}

/** Compiles all programs of the folder and gives the names of the objects. */
export function compile(folder: string, output: string): string[] {
  const sources = readdirSync(folder).filter((name) => name.endsWith('.bpf.c'));
  return sources.map((source) => {
    const name = source.replace(/c$/, 'o');
    const object = resolve(output, name);
    run(compiler, [...flags, '-c', source, '-o', object], folder);
    run(stripper, [...unread, object], folder);
    return name;
  });
}

function run(tool: string, args: readonly string[], folder: string): void {
  const { status } = spawnSync(tool, args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${tool} failed: see above`);
}

/** The objects in the folder that are not what their sources compile to. */
export function staleObjects(folder: string): string[] {
  const output = mkdtempSync(join(tmpdir(), 'portreporter-bpf-'));
  try {
    return compile(folder, output).filter((name) => {
      const committed = join(folder, name);
      if (!existsSync(committed)) return true;
      return !readFileSync(committed).equals(readFileSync(join(output, name)));
    });
  } finally {
    rmSync(output, { recursive: true });
  }
}
