// What another user shall run, who may have no way into this clone (root's home is closed): then a
// copy, with what it imports, in a folder that is open to everybody.

import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRepository } from './repository.ts';

const imports = ['node_modules/koffi', 'node_modules/@koromix'];
let folder: string | undefined;

/** The right to pass, in stat(2). */
const mayPass = 0o001;

function isOpen(path: string): boolean {
  const above = dirname(path);
  return above === path || ((statSync(above).mode & mayPass) !== 0 && isOpen(above));
}

/** Why tests that start Node as another user can't run here; false where they can. */
export const noNodeForOthers: string | false =
  process.platform === 'linux' && isOpen(process.execPath)
    ? false
    : 'no other user can run this Node';

function openFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync('/tmp/for-others-'); // TMPDIR may lie in the same home
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  chmodSync(made, 0o755);
  for (const each of imports) {
    cpSync(inRepository(each), join(made, each), { recursive: true, force: true });
  }
  folder = made;
  return made;
}

export function forOthers(path: string): string {
  const own = inRepository(path);
  if (process.platform !== 'linux' || isOpen(own)) return own;
  const copy = join(openFolder(), path);
  cpSync(own, copy);
  return copy;
}
