// How many connections may be in TIME_WAIT in a network namespace (tcp_max_tw_buckets of ip-sysctl.rst): the
// kernel ends those for which there is no room at once.

import { readFileSync } from 'node:fs';

const file = '/proc/sys/net/ipv4/tcp_max_tw_buckets';

/** Of our own namespace; others begin with the same. 0 where it can't be read. */
export function timeWaitLimit(): number {
  try {
    return Number(readFileSync(file, 'latin1'));
  } catch {
    return 0;
  }
}
