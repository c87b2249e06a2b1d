// What the headers of the logs say of this machine.

import { readFileSync } from 'node:fs';
import { hostname, release, type, version } from 'node:os';
import type { Machine } from '../logs/format/header.ts';

/** os-release(5) names the distribution. */
function distribution(): string | null {
  for (const file of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const match = /^PRETTY_NAME=(?:"(.*)"|'(.*)'|(.*))$/m.exec(readFileSync(file, 'utf8'));
      if (match !== null) return match[1] ?? match[2] ?? match[3] ?? null;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

function operatingSystem(): string {
  if (process.platform === 'win32') return `${version()} (${release()})`;
  const kernel = `${type()} ${release()}`;
  const name = distribution();
  return name === null ? kernel : `${name} (${kernel})`;
}

export const readMachine = (): Machine => ({
  computerName: hostname(),
  operatingSystem: operatingSystem(),
});
