// Needed only after a change to the C: `npm run bpf` compiles, `npm run bpf-check` tells whether
// the committed objects are what the sources compile to. Runs in the repository's root.

import { compile, missingCompiler, staleObjects } from './compiler.ts';

const folder = 'native/linux/bpf';

function main(check: boolean): string | null {
  const missing = missingCompiler();
  if (missing !== null) return missing;
  if (!check) {
    process.stdout.write(`Compiled ${compile(folder, folder).join(', ')}.\n`);
    return null;
  }
  const stale = staleObjects(folder);
  return stale.length === 0 ? null : `Run \`npm run bpf\`: ${stale.join(', ')} is out of date.`;
}

const complaint = main(process.argv.includes('--check'));
if (complaint !== null) {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
