// Where the cgroup2 hierarchy is mounted: on hybrid hosts it is not /sys/fs/cgroup.

import { readFileSync } from 'node:fs';
import { BpfUnavailable } from './error.ts';

/** The mount point that shows the whole hierarchy, or all of it that can be seen from here. */
export function findCgroupRoot(mountInfo = readFileSync('/proc/self/mountinfo', 'utf8')): string {
  const mounts = mountInfo.split('\n').flatMap((line) => {
    // proc_pid_mountinfo(5): 36 35 0:27 ROOT MOUNT-POINT OPTIONS [TAGS…] - TYPE SOURCE OPTIONS
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    return after.startsWith('cgroup2 ') ? [{ root, mountPoint: unescapeOctal(mountPoint) }] : [];
  });
  const found = mounts.find((mount) => mount.root === '/') ?? mounts[0];
  if (found === undefined) throw new BpfUnavailable('no cgroup2 hierarchy is mounted');
  return found.mountPoint;
}

/** Blanks and the like are written as \040. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
