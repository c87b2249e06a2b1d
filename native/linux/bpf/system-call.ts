// bpf(2) and what little of memory and polling goes with it, through koffi.

import koffi, { type KoffiFunc } from 'koffi';
import { SystemCallError } from '../libc.ts';
import { BpfUnavailable } from './error.ts';

/** bpf's number: arch/x86/entry/syscalls/syscall_64.tbl, and the generic table of the others. */
const bpfNumbers: Readonly<Record<string, number>> = {
  x64: 321,
  arm64: 280,
  riscv64: 280,
  loong64: 280,
};

/** Whether bpf's number is known here. */
export const hasBpf = (): boolean => bpfNumbers[process.arch] !== undefined;

/** enum bpf_cmd, include/uapi/linux/bpf.h. */
export const Command = {
  MapCreate: 0,
  MapUpdate: 2,
  MapDelete: 3,
  ProgramLoad: 5,
  ProgramRun: 10,
  ObjectInfo: 15,
  RawTracepointOpen: 17,
  MapFreeze: 22,
  LinkCreate: 28,
  IteratorCreate: 33,
} as const;

type BpfCall = (number: number, command: number, attributes: Buffer, size: number) => number;
let call: KoffiFunc<BpfCall> | undefined;

function bpfCall(): KoffiFunc<BpfCall> {
  call ??= koffi.load(null).func('intptr_t syscall(intptr_t, intptr_t, void *, intptr_t)');
  return call;
}

/** union bpf_attr, filled in member by member. What it points to lives as long as it does. */
export class BpfAttributes {
  readonly bytes: Buffer;
  readonly #pointees: Uint8Array[] = [];

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  u32(offset: number, value: number): this {
    this.bytes.writeUInt32LE(value >>> 0, offset);
    return this;
  }

  pointer(offset: number, target: Uint8Array): this {
    this.#pointees.push(target);
    this.bytes.writeBigUInt64LE(koffi.address(target), offset);
    return this;
  }

  text(offset: number, value: string, size: number): this {
    this.bytes.write(value.slice(0, size - 1), offset, 'latin1');
    return this;
  }

  /** To be called after the system call: until then nothing here may be collected. */
  release(): void {
    this.#pointees.length = 0;
  }
}

function bpfNumber(): number {
  const number = bpfNumbers[process.arch];
  if (process.platform !== 'linux' || number === undefined) {
    throw new BpfUnavailable(`no BPF is known for ${process.platform} on ${process.arch}`);
  }
  return number;
}

/** Does a bpf() command; gives its result, usually a file descriptor. */
export function bpf(command: number, attributes: BpfAttributes): number {
  const number = bpfNumber();
  try {
    return callPatiently(number, command, attributes.bytes);
  } finally {
    attributes.release();
  }
}

/** The same in a thread of Node's; a negative number where it fails, without saying why. */
export function bpfInThread(command: number, attributes: BpfAttributes): Promise<number> {
  const { bytes } = attributes;
  const number = bpfNumber();
  return new Promise((resolve, reject) => {
    bpfCall().async(number, command, bytes, bytes.length, (error: unknown, result: number) => {
      attributes.release();
      if (error) reject(error);
      else resolve(Number(result));
    });
  });
}

/** The verifier gives up with EAGAIN when a signal is pending (a profiler sends many). */
const tries = 20;

function callPatiently(number: number, command: number, bytes: Buffer): number {
  let errno = 0;
  for (let i = 0; i < tries; i++) {
    const result = Number(bpfCall()(number, command, bytes, bytes.length));
    if (result >= 0) return result;
    errno = koffi.errno();
    if (errno !== koffi.os.errno.EAGAIN) break;
  }
  throw new SystemCallError('bpf', errno);
}
