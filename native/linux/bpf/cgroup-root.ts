// Where the cgroup2 hierarchy is mounted: on hybrid hosts it is not /sys/fs/cgroup.

import { readFileSync, statfsSync } from 'node:fs';
import { BpfUnavailable } from './error.ts';

const CGROUP2_SUPER_MAGIC = 0x63677270; // include/uapi/linux/magic.h

/** Something else may be mounted over it, as in a sandbox that hides it. */
function isCgroup(mountPoint: string): boolean {
  try {
    return statfsSync(mountPoint).type === CGROUP2_SUPER_MAGIC;
  } catch {
    return false;
  }
}

/** The mount point that shows the whole hierarchy, or all of it that can be seen from here. */
export function findCgroupRoot(
  mountInfo = readFileSync('/proc/self/mountinfo', 'utf8'),
  isThere = isCgroup,
): string {
  const mounts = mountInfo.split('\n').flatMap((line) => {
    // proc_pid_mountinfo(5): 36 35 0:27 ROOT MOUNT-POINT OPTIONS [TAGS…] - TYPE SOURCE OPTIONS
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    return after.startsWith('cgroup2 ') ? [{ root, mountPoint: unescapeOctal(mountPoint) }] : [];
  });
  const seen = mounts.filter(({ mountPoint }) => isThere(mountPoint));
  const found = seen.find((mount) => mount.root === '/') ?? seen[0];
  if (found === undefined) {
    const hidden = mounts.length > 0 ? ' where it can be seen' : '';
    throw new BpfUnavailable(`no cgroup2 hierarchy is mounted${hidden}`);
  }
  return found.mountPoint;
}

/** Blanks and the like are written as \040. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
