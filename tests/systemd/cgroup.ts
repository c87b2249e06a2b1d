// The cgroup that holds a machine under test, in the unified hierarchy of this one.

import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where the unified hierarchy is: this machine's may be a hybrid. */
export function cgroupRoot(): string {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const found = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(mounts)?.[1];
  if (found === undefined) throw new Error('There is no cgroup2 here, and systemd needs one.');
  return found;
}

/** A cgroup holds files that can't be removed, and goes with them. */
export function removeCgroup(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(path, entry.name));
  }
  rmdirSync(path);
}
