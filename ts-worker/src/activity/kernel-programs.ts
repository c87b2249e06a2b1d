// What is missing where the kernel refuses one of the programs that tell its events.

import type { EventProgram } from '../../../native/linux/bpf/event-stream.ts';
import { PortReporterError } from '../model/error.ts';

/** Without it there is nothing to watch. */
const needed = 'state_changed';

const losses: Readonly<Record<string, string>> = {
  state_nested: 'changes that interrupt the telling of another one are counted as lost',
  tcp_received: 'accepted connections stay credited to their listener until they are closed',
  udp_created: 'UDP sockets without bind() are seen only when they send, or in the tables',
  udp_sent: 'UDP sockets without bind() are seen only in the tables, or when they are closed',
  released: 'the end of UDP sockets is seen only in the tables',
  bound_ipv4: 'bound IPv4 sockets are seen only in the tables',
  bound_ipv6: 'bound IPv6 sockets are seen only in the tables',
  process_forked: 'short-lived children may be shown without a path',
  process_executed: 'short-lived programs may be shown without a path',
  process_exited: 'the end of a watched process is noticed by looking',
};

/** Where these are missing, comparing the tables often makes up for it. */
const madeUpByTables: ReadonlySet<string> = new Set(['released', 'bound_ipv4', 'bound_ipv6']);

export interface ProgramReport {
  readonly notes: readonly string[];
  /** Whether the tables should be compared as often as polling would. */
  readonly oftenTables: boolean;
  readonly tellsExits: boolean;
}

/** Throws PR_SOURCE_UNAVAILABLE where too much is missing. */
export function judgePrograms(programs: readonly EventProgram[]): ProgramReport {
  const missing = programs.filter(({ usable }) => !usable);
  const vital = missing.find(({ name }) => name === needed);
  if (vital !== undefined) {
    const message = `the kernel program ${needed} can't be used: ${vital.reason}`;
    throw new PortReporterError('PR_SOURCE_UNAVAILABLE', message);
  }
  const notes = missing.map(({ name, reason }) => {
    const loss = losses[name];
    const so = loss === undefined ? '' : `; so ${loss}`;
    return `The kernel program ${name} can't be used (${reason})${so}.`;
  });
  return {
    notes,
    oftenTables: missing.some(({ name }) => madeUpByTables.has(name)),
    tellsExits: missing.every(({ name }) => name !== 'process_exited'),
  };
}
