// The most memory a process ever had: VmHWM of /proc/PID/status (proc(5)), in megabytes.

import { readFileSync } from 'node:fs';

export function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
