// Tries what BPF needs, one thing at a time, as capability.ts beside this folder does for the rest.
// What is loaded and attached is closed again at once.

import { closeSync } from 'node:fs';
import { release } from 'node:os';
import { attachIterator } from './attach.ts';
import type { ProgramSource } from './compiled-object.ts';
import { BpfUnavailable } from './error.ts';
import { openEventStream } from './event-stream.ts';
import events from './events.bpf.o';
import files from './files.bpf.o';
import hashes from './hashes.bpf.o';
import { askKernel, kernelFile } from './kernel-types.ts';
import { createMap, LoadedObject, parsed } from './load.ts';
import ports from './ports.bpf.o';
import processes from './processes.bpf.o';
import { hasBpf } from './system-call.ts';
import table from './table.bpf.o';

export interface TriedProgram {
  /** Where in the kernel it goes: `iter/task_file`, `tp_btf/sched_process_exec`, … */
  readonly place: string;
  /** Why it can't be used; null where it can. */
  readonly reason: string | null;
}

export function tryArchitecture(): string {
  if (!hasBpf()) throw new BpfUnavailable(`BPF is not known on ${process.arch}`);
  return `${process.arch}, Linux ${release()}`;
}

const BPF_MAP_TYPE_ARRAY = 2; // include/uapi/linux/bpf.h

export function tryBpf(): null {
  const sizes = { keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
  closeSync(createMap({ name: 'trial', type: BPF_MAP_TYPE_ARRAY, ...sizes }));
  return null;
}

export function tryKernelTypes(): string {
  askKernel({ fields: [], names: ['bpf_iter_task_file'] });
  return kernelFile;
}

const reasonOf = (error: unknown): string => {
  if (error instanceof BpfUnavailable) return error.reason;
  return error instanceof Error ? error.message : String(error);
};

/** What is attached nowhere is only loaded. */
function tryProgram(loaded: LoadedObject, program: ProgramSource): TriedProgram {
  const place = program.section;
  try {
    const descriptor = loaded.load(program);
    if (place.startsWith('iter/')) closeSync(attachIterator(descriptor));
    return { place, reason: null };
  } catch (error) {
    return { place, reason: reasonOf(error) };
  }
}

/** Where the object as a whole is refused, so is each of its programs. */
function allRefused(bytes: Uint8Array, error: unknown): TriedProgram[] {
  const { programs } = parsed(bytes);
  return programs.map(({ section }) => ({ place: section, reason: reasonOf(error) }));
}

function tryObject(bytes: Uint8Array): TriedProgram[] {
  let loaded: LoadedObject;
  try {
    loaded = new LoadedObject(bytes);
  } catch (error) {
    return allRefused(bytes, error);
  }
  try {
    return loaded.object.programs.map((program) => tryProgram(loaded, program));
  } finally {
    loaded.close();
  }
}

const smallestRing = 4096;

function tryEvents(): TriedProgram[] {
  try {
    const stream = openEventStream({ ringSize: smallestRing });
    stream.close();
    return stream.programs.map(({ place, reason }) => ({ place, reason }));
  } catch (error) {
    return allRefused(events, error);
  }
}

export function tryPrograms(): TriedProgram[] {
  return [...[files, hashes, processes, table, ports].flatMap(tryObject), ...tryEvents()];
}
