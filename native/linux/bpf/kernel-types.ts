// The running kernel's own types, /sys/kernel/btf/vmlinux. It is 6 MB, so it is read, asked all
// that is to be known, and let go; only the answers are remembered. Objects that are loaded one right
// after the other share a reading.

import { readFileSync } from 'node:fs';
import { Btf, Kind } from './btf.ts';
import { BpfUnavailable } from './error.ts';
import type { Answer, FieldQuestion } from './field.ts';
import { answer, describeField, Question } from './field.ts';

export const kernelFile = '/sys/kernel/btf/vmlinux';
const knownFields = new Map<string, Answer>();
const knownIds = new Map<string, number | null>();
/** Whoever holds one keeps it to the end of its turn; from then on it may be collected. */
const lately = new Map<string, WeakRef<Btf>>();

export interface KernelQuestions {
  readonly fields: readonly FieldQuestion[];
  /** Functions and typedefs that programs attach to, and functions that they call. */
  readonly names: readonly string[];
}

/** Answers in the order of the questions; an id is null where the kernel has nothing so named. */
export function askKernel(
  asked: KernelQuestions,
  file = kernelFile,
): { fields: Answer[]; ids: (number | null)[] } {
  const fieldKeys = asked.fields.map((field) => `${file} ${JSON.stringify(field)}`);
  const nameKeys = asked.names.map((name) => `${file} ${name}`);
  if (
    !fieldKeys.every((key) => knownFields.has(key)) ||
    !nameKeys.every((key) => knownIds.has(key))
  ) {
    learn(asked, fieldKeys, nameKeys, file);
  }
  return {
    fields: fieldKeys.map((key) => knownFields.get(key) ?? { missing: 'it was never asked' }),
    ids: nameKeys.map((key) => knownIds.get(key) ?? null),
  };
}

function learn(
  asked: KernelQuestions,
  fieldKeys: readonly string[],
  nameKeys: readonly string[],
  file: string,
): void {
  const kernel = lately.get(file)?.deref() ?? readKernelTypes(file);
  lately.set(file, new WeakRef(kernel));
  const structures = asked.fields.map((field) => field.structure);
  const found = kernel.find(new Set([...structures, ...asked.names]));
  const typesNamed = (name: string): readonly number[] => found.get(name) ?? [];
  for (const [index, field] of asked.fields.entries()) {
    knownFields.set(
      fieldKeys[index] ?? '',
      answerAmong(kernel, typesNamed(field.structure), field),
    );
  }
  for (const [index, name] of asked.names.entries()) {
    const isAttachable = (id: number) =>
      kernel.kind(id) === Kind.Function || kernel.kind(id) === Kind.Typedef;
    knownIds.set(nameKeys[index] ?? '', typesNamed(name).find(isAttachable) ?? null);
  }
}

function readKernelTypes(file: string): Btf {
  try {
    return new Btf(readFileSync(file), `The kernel's type information (${file})`);
  } catch (error) {
    throw new BpfUnavailable(
      error instanceof Error && 'code' in error
        ? `the kernel offers no type information (${file} can't be read: ${error.code})`
        : String(error instanceof Error ? error.message : error),
      error,
    );
  }
}

/** The kernel may have several structures of one name; those that have the member must agree. */
function answerAmong(kernel: Btf, types: readonly number[], asked: FieldQuestion): Answer {
  const structures = types.filter((type) => kernel.isComposite(type));
  const answers = structures.map((type) => answer(kernel, type, asked));
  const values = new Set(answers.flatMap((given) => ('value' in given ? [given.value] : [])));
  const [value] = values;
  if (values.size > 1) return { missing: `it has several different ${describeField(asked)}` };
  if (value !== undefined) return { value };
  if (asked.question === Question.Exists) return { value: 0 };
  return answers[0] ?? { missing: `it has no struct ${asked.structure}` };
}
