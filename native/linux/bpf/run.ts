// Runs a loaded program that is attached nowhere, once (Documentation/bpf/bpf_prog_run.rst). What comes of
// it the program says in a map.

import { SystemCallError } from '../libc.ts';
import { BpfUnavailable } from './error.ts';
import { BpfAttributes, bpf, bpfInThread, Command } from './system-call.ts';

/** Offsets in union bpf_attr for BPF_PROG_TEST_RUN, include/uapi/linux/bpf.h. */
const attributesOf = (program: number): BpfAttributes => new BpfAttributes(80).u32(0, program);

const refusal = (cause?: unknown): BpfUnavailable =>
  new BpfUnavailable('the kernel does not run the program', cause);

export function runProgram(program: number): void {
  try {
    bpf(Command.ProgramRun, attributesOf(program));
  } catch (error) {
    throw error instanceof SystemCallError ? refusal(error) : error;
  }
}

/** In a thread of Node's; the program is given the numbers. */
export async function runProgramInThread(program: number, ...args: number[]): Promise<void> {
  const context = Buffer.alloc(8 * args.length);
  for (const [place, argument] of args.entries()) context.writeUInt32LE(argument, 8 * place);
  const attributes = attributesOf(program).u32(40, context.length).pointer(48, context);
  if ((await bpfInThread(Command.ProgramRun, attributes)) < 0) throw refusal();
}
