// Loads one program of an object into the kernel: fills in the map descriptors and the member
// offsets, hands it to the verifier, and says in one sentence why where the verifier refuses.

import { SystemCallError } from '../libc.ts';
import { missingCapabilities, readLockdown } from '../rights.ts';
import type { MapReference, ProgramSource } from './compiled-object.ts';
import { BpfUnavailable } from './error.ts';
import type { Answer } from './field.ts';
import { askKernel, type KernelQuestions } from './kernel-types.ts';
import { BpfAttributes, bpf, Command } from './system-call.ts';

/** enum bpf_prog_type and enum bpf_attach_type, include/uapi/linux/bpf.h. */
const ProgramType = {
  CgroupSocket: 9,
  RawTracepoint: 17,
  CgroupAddress: 18,
  Tracing: 26,
  SystemCall: 31,
} as const;
export const AttachType = {
  None: 0,
  CgroupSocketCreate: 2,
  CgroupConnect4: 10,
  CgroupConnect6: 11,
  CgroupPostBind4: 12,
  CgroupPostBind6: 13,
  TraceRawTracepoint: 23,
  TraceIterator: 28,
  CgroupSocketRelease: 34,
} as const;

interface Place {
  readonly programType: number;
  readonly attachType: number;
  /** The kernel's type that says what the program is given; null where the place says it. */
  readonly kernelType: string | null;
}

const cgroupPlaces: Readonly<Record<string, readonly [number, number]>> = {
  sock_create: [ProgramType.CgroupSocket, AttachType.CgroupSocketCreate],
  sock_release: [ProgramType.CgroupSocket, AttachType.CgroupSocketRelease],
  post_bind4: [ProgramType.CgroupSocket, AttachType.CgroupPostBind4],
  post_bind6: [ProgramType.CgroupSocket, AttachType.CgroupPostBind6],
  connect4: [ProgramType.CgroupAddress, AttachType.CgroupConnect4],
  connect6: [ProgramType.CgroupAddress, AttachType.CgroupConnect6],
};

/** Types of programs that are attached nowhere. */
const calledTypes: Readonly<Record<string, number>> = {
  raw_tp: ProgramType.RawTracepoint,
  syscall: ProgramType.SystemCall,
};

/** Where a program goes, from the name of its section. */
export function placeOf(section: string): Place {
  const [kind, target = ''] = section.split('/');
  const programType = ProgramType.Tracing;
  if (kind === 'iter') {
    const kernelType = `bpf_iter_${target}`;
    return { programType, attachType: AttachType.TraceIterator, kernelType };
  }
  if (kind === 'tp_btf') {
    const kernelType = `btf_trace_${target}`;
    return { programType, attachType: AttachType.TraceRawTracepoint, kernelType };
  }
  const called = calledTypes[kind ?? ''];
  if (called !== undefined) {
    return { programType: called, attachType: AttachType.None, kernelType: null };
  }
  const place = cgroupPlaces[target];
  if (place === undefined)
    throw new RangeError(`There is no place for a program called ${section}`);
  return { programType: place[0], attachType: place[1], kernelType: null };
}

/** What the program has to know of the kernel: the functions that it calls come first among the names. */
function questionsOf({ section, fields, calls }: ProgramSource): KernelQuestions {
  const { kernelType } = placeOf(section);
  const called = calls.map(({ name }) => name);
  return {
    fields: fields.map((field) => field.asked),
    names: kernelType === null ? called : [...called, kernelType],
  };
}

/** Asks the kernel at once what all these programs need to know: each reading of its types costs
 * 40 ms. */
export function prepare(programs: readonly ProgramSource[]): void {
  const questions = programs.map(questionsOf);
  askKernel({
    fields: questions.flatMap(({ fields }) => fields),
    names: questions.flatMap(({ names }) => names),
  });
}

/** Loads the program and gives its descriptor. Throws BpfUnavailable with the reason. */
export function loadProgram(program: ProgramSource, maps: ReadonlyMap<string, number>): number {
  const place = placeOf(program.section);
  const { fields, ids } = askKernel(questionsOf(program));
  const attachTo = place.kernelType === null ? 0 : ids.at(-1);
  if (attachTo === null || attachTo === undefined) {
    throw new BpfUnavailable(`this kernel has no ${program.section}`);
  }
  const instructions = Buffer.from(program.instructions);
  for (const [index, { offset, name }] of program.calls.entries()) {
    const id = ids[index] ?? null;
    if (id === null) throw new BpfUnavailable(`this kernel has no ${name}()`);
    nameFunction(instructions, offset, id);
  }
  for (const reference of program.maps) nameMap(instructions, reference, maps);
  for (const [index, reference] of program.fields.entries()) {
    patch(instructions, reference.offset, fields[index]);
  }
  const missing = fields.flatMap((field) => ('missing' in field ? [field.missing] : []));
  return submit(program, place, attachTo, instructions, missing);
}

const BPF_PSEUDO_KFUNC_CALL = 2;

function nameFunction(instructions: Buffer, offset: number, id: number): void {
  const registers = instructions.readUInt8(offset + 1) & 0x0f;
  instructions.writeUInt8(registers | (BPF_PSEUDO_KFUNC_CALL << 4), offset + 1);
  instructions.writeInt32LE(id, offset + 4);
}

const BPF_PSEUDO_MAP_FD = 1;
const BPF_PSEUDO_MAP_VALUE = 2;

/** A 64-bit load takes two instructions; the second half's immediate is the place in the value. */
function nameMap(
  instructions: Buffer,
  { offset, map, place }: MapReference,
  maps: ReadonlyMap<string, number>,
): void {
  const descriptor = maps.get(map);
  if (descriptor === undefined) throw new RangeError(`The program refers to an unknown map ${map}`);
  const registers = instructions.readUInt8(offset + 1) & 0x0f;
  const kind = place === null ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
  instructions.writeUInt8(registers | (kind << 4), offset + 1);
  instructions.writeInt32LE(descriptor, offset + 4);
  instructions.writeInt32LE(place ?? 0, offset + 12);
}

/** The classes of instructions, the low three bits of the code: include/uapi/linux/bpf_common.h. */
const BPF_LD = 0;
const BPF_LDX = 1;
const BPF_STX = 3;

/** A call of a helper that never was. Harmless where the program never gets there, because it asked
 * first whether the member exists; elsewhere the verifier stops at it, and the log names it. */
const poison = Buffer.from([0x85, 0, 0, 0, 0x10, 0x23, 0xad, 0x0b]);
const poisonMark = `#${0x0bad2310}`;

function patch(instructions: Buffer, offset: number, answer: Answer | undefined): void {
  const kind = instructions.readUInt8(offset) & 7;
  if (answer === undefined || 'missing' in answer) {
    poison.copy(instructions, offset);
    if (kind === BPF_LD) poison.copy(instructions, offset + 8);
  } else if (kind >= BPF_LDX && kind <= BPF_STX) {
    instructions.writeInt16LE(answer.value, offset + 2);
  } else {
    instructions.writeInt32LE(answer.value, offset + 4);
  }
}

const BPF_F_SLEEPABLE = 1 << 4;

/** Offsets in union bpf_attr for BPF_PROG_LOAD, include/uapi/linux/bpf.h. */
function attributesOf(program: ProgramSource, place: Place, attachTo: number, code: Buffer) {
  return new BpfAttributes(120)
    .u32(0, place.programType)
    .u32(4, code.length / 8)
    .pointer(8, code)
    .pointer(16, Buffer.from('GPL\0'))
    .u32(44, place.programType === ProgramType.SystemCall ? BPF_F_SLEEPABLE : 0)
    .text(48, program.name, 16)
    .u32(68, place.attachType)
    .u32(108, attachTo);
}

function submit(
  program: ProgramSource,
  place: Place,
  attachTo: number,
  code: Buffer,
  missing: readonly string[],
): number {
  try {
    return bpf(Command.ProgramLoad, attributesOf(program, place, attachTo, code));
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.code === 'EPERM') throw new BpfUnavailable(whyForbidden(), error);
    const log = verifierLog(attributesOf(program, place, attachTo, code));
    throw new BpfUnavailable(refusal(program, error, log, missing), error);
  }
}

/** Logging makes verification much slower, so it is asked for only after a refusal. */
function verifierLog(attributes: BpfAttributes): string {
  const log = Buffer.alloc(1 << 20);
  try {
    bpf(Command.ProgramLoad, attributes.u32(24, 1).u32(28, log.length).pointer(32, log));
  } catch {
    // Expected: the refusal again, and now the log has its reasons.
  }
  return log.toString('latin1', 0, log.indexOf(0));
}

function refusal(
  program: ProgramSource,
  error: SystemCallError,
  log: string,
  missing: readonly string[],
): string {
  if (log.includes(poisonMark)) return `this kernel is not known: ${missing.join(', ')}`;
  const lines = log.split('\n').filter((line) => line !== '' && !line.startsWith('processed '));
  const last = lines.at(-1) ?? error.code;
  return `the kernel refuses the program ${program.section}: ${last}`;
}

/** bpf() says EPERM for several reasons; tells them apart as far as they show. */
export function whyForbidden(): string {
  if (missingCapabilities(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN']).length > 0) {
    return 'it needs root, or the capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN';
  }
  if (readLockdown() === 'confidentiality') {
    return 'the kernel is locked down (lockdown=confidentiality)';
  }
  return 'the kernel forbids bpf() here (a container or a security module, probably)';
}
