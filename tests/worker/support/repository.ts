// Where the repository is, and what lies in it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.env.PORTREPORTER_ROOT;
if (root === undefined) throw new Error('Run the tests by `npm run test:worker`.');

export const inRepository = (path: string): string => join(root, path);

/** Bytes captured from a real system, under tests/samples. */
export const readSample = (name: string): Buffer =>
  readFileSync(inRepository(join('tests/samples', name)));
