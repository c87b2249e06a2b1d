// Puts a loaded program where it is to run. Every attachment is a descriptor; closing it ends it.

import { AttachType } from './program.ts';
import { BpfAttributes, bpf, Command } from './system-call.ts';

/** A tracepoint of the kernel. */
export function attachTracepoint(program: number): number {
  return bpf(Command.RawTracepointOpen, new BpfAttributes(16).u32(8, program));
}

/** A cgroup and all below it. Links stand beside what others attached there (since 5.7). */
export function attachCgroup(program: number, cgroup: number, attachType: number): number {
  const attributes = new BpfAttributes(32).u32(0, program).u32(4, cgroup).u32(8, attachType);
  return bpf(Command.LinkCreate, attributes);
}

export function attachIterator(program: number): number {
  const attributes = new BpfAttributes(32).u32(0, program).u32(8, AttachType.TraceIterator);
  return bpf(Command.LinkCreate, attributes);
}

/** Begins one walk; reading the descriptor to its end gives all that the program writes. */
export function openIterator(link: number): number {
  return bpf(Command.IteratorCreate, new BpfAttributes(8).u32(0, link));
}
