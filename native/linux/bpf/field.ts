// Questions about the running kernel that a compiled program leaves open ("compile once, run
// everywhere"), and their answers: at which byte does this kernel keep `sock.sk_protocol`?
//
// The program names a member as its own type information has it; the answer is looked up in the
// kernel's, by the names along the way.

import type { Btf, Member } from './btf.ts';
import { Kind } from './btf.ts';

/** enum bpf_core_relo_kind of include/uapi/linux/bpf.h, as far as our programs use it. */
export const Question = {
  ByteOffset: 0,
  ByteSize: 1,
  Exists: 2,
  LeftShift: 4,
  RightShift: 5,
  TypeId: 7,
  TypeSize: 9,
} as const;

export interface FieldQuestion {
  readonly question: number;
  readonly structure: string;
  /** Member names and array indexes from the structure to the member. */
  readonly path: readonly (string | number)[];
  /** How many bytes the program takes the member for; a number or pointer must have as many. */
  readonly size: number;
  readonly composite: boolean;
}

/** The value to write into the instruction, or what the kernel lacks, as a clause for people. */
export type Answer = { readonly value: number } | { readonly missing: string };

interface Field {
  readonly type: number;
  readonly bitOffset: number;
  readonly bitSize: number;
}

/** Reads the program's own words: the type and the accessors ("0:1:2") of a relocation. */
export function questionOf(local: Btf, kind: number, type: number, access: string): FieldQuestion {
  const [first, ...indexes] = access.split(':').map(Number);
  if (first !== 0) throw new RangeError(`The access ${access} does not begin at its structure`);
  const path: (string | number)[] = [];
  let at = local.resolve(type);
  const structure = local.name(at);
  for (const index of indexes) {
    if (local.kind(at) === Kind.Array) {
      path.push(index);
      at = local.resolve(local.arrayElement(at));
    } else {
      const member = local.isComposite(at) ? local.members(at)[index] : undefined;
      if (member === undefined) throw new RangeError(`The access ${access} leaves ${structure}`);
      if (member.name !== '') path.push(member.name);
      at = local.resolve(member.type);
    }
  }
  return {
    question: kind,
    structure: structure.replace(/___.*$/, ''), // a flavour of the kernel's own
    path,
    size: local.size(at),
    composite: local.isComposite(at) || local.kind(at) === Kind.Array,
  };
}

export function describeField(asked: FieldQuestion): string {
  const steps = asked.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return `${asked.structure}${steps.join('')}`;
}

/** Asks one type of the kernel (there may be several of the same name). */
export function answer(kernel: Btf, type: number, asked: FieldQuestion): Answer {
  if (asked.question === Question.TypeId) return { value: type };
  if (asked.question === Question.TypeSize) return { value: kernel.size(type) };
  const field = follow(kernel, type, asked.path);
  if (field === null) return { missing: `it has no ${describeField(asked)}` };
  if (asked.question === Question.Exists) return { value: 1 };
  const size = kernel.size(field.type);
  if (asked.composite ? size < asked.size && size > 0 : size !== asked.size) {
    return { missing: `its ${describeField(asked)} is ${size} bytes long, not ${asked.size}` };
  }
  return { value: measure(field, size, asked.question) };
}

function measure({ bitOffset, bitSize }: Field, size: number, question: number): number {
  const unit = bitSize === 0 ? 8 : size * 8;
  const byteOffset = (Math.floor(bitOffset / unit) * unit) / 8;
  switch (question) {
    case Question.ByteOffset:
      return byteOffset;
    case Question.ByteSize:
      return size;
    case Question.LeftShift: // moves the highest bit of the field to bit 63 (little endian)
      return 64 - ((bitSize || size * 8) + bitOffset - byteOffset * 8);
    case Question.RightShift:
      return 64 - (bitSize || size * 8);
    default:
      throw new RangeError(`The program asks a question (${question}) the loader does not know`);
  }
}

function follow(kernel: Btf, type: number, path: readonly (string | number)[]): Field | null {
  let field: Field | null = { type: kernel.resolve(type), bitOffset: 0, bitSize: 0 };
  for (const step of path) {
    field = typeof step === 'number' ? element(kernel, field, step) : member(kernel, field, step);
    if (field === null) return null;
  }
  return field;
}

function element(kernel: Btf, array: Field, index: number): Field | null {
  if (kernel.kind(array.type) !== Kind.Array) return null;
  const type = kernel.resolve(kernel.arrayElement(array.type));
  return { type, bitOffset: array.bitOffset + index * kernel.size(type) * 8, bitSize: 0 };
}

/** Looks into anonymous structs and unions, too: their members count as the outer one's. */
function member(kernel: Btf, outer: Field, name: string, depth = 0): Field | null {
  if (!kernel.isComposite(outer.type) || depth > 16) return null;
  for (const candidate of kernel.members(outer.type)) {
    const field = inside(kernel, outer, candidate);
    if (candidate.name === name) return field;
    const deeper = candidate.name === '' ? member(kernel, field, name, depth + 1) : null;
    if (deeper !== null) return deeper;
  }
  return null;
}

function inside(kernel: Btf, outer: Field, { type, bitOffset, bitSize }: Member): Field {
  return { type: kernel.resolve(type), bitOffset: outer.bitOffset + bitOffset, bitSize };
}
