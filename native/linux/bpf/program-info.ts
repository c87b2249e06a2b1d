// What the kernel knows of a loaded program: here, how often it did not call it.

import { BpfAttributes, bpf, Command } from './system-call.ts';

/** struct bpf_prog_info, include/uapi/linux/bpf.h. */
const recursionMisses = 208; // since 5.12; an older kernel leaves it as it was
const infoSize = 216;

/** How many events of its tracepoint the kernel did not show the program, because it was running
 * already on that processor, or could not tell (since 6.1; before, it calls the program nested). */
export function missedByNesting(descriptor: number): number {
  const info = Buffer.alloc(infoSize);
  const attributes = new BpfAttributes(16).u32(0, descriptor).u32(4, infoSize).pointer(8, info);
  bpf(Command.ObjectInfo, attributes);
  return Number(info.readBigUInt64LE(recursionMisses));
}
