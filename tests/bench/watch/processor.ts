// What a process costs: processor time from /proc/PID/stat (proc(5)), with that of children that it
// waited for, and memory from /proc/PID/smaps.

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

/** Megabytes; `shared` is what it maps of the kernel's own: the ring of events (twice in a row, and
 * counted twice), and what the walks over the tables remember. */
export function memory(pid: number): { readonly all: number; readonly shared: number } {
  let [all, shared] = [0, 0];
  let isOfKernel = false;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isOfKernel = line.includes('bpf-map');
    const kilobytes = Number(/^Rss:\s+(\d+) kB$/.exec(line)?.[1] ?? 0);
    all += kilobytes / 1024;
    if (isOfKernel) shared += kilobytes / 1024;
  }
  return { all, shared };
}
