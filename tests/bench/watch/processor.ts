// What a process costs: processor time from /proc/PID/stat (proc(5)), with that of children that it
// waited for, and memory from /proc/PID/status.

import { readFileSync } from 'node:fs';

/** CLK_TCK is 100 on every architecture that Node runs on. */
const tick = 10;

/** Milliseconds of processor time since its start. */
export function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  return ((user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)) * tick;
}

/** Megabytes; `shared` is what it maps together with the kernel, such as the ring of events. */
export function memory(pid: number): { readonly all: number; readonly shared: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) / 1024;
  return { all: megabytes('VmRSS'), shared: megabytes('RssShmem') };
}
