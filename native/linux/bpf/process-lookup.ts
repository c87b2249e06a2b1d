// What the kernel knows of processes, many at once (processes.bpf.c).

import { inInitialPidNamespace } from '../namespaces.ts';
import { decodeText } from '../text.ts';
import { BpfUnavailable } from './error.ts';
import { LoadedObject } from './load.ts';
import processes from './processes.bpf.o';
import { runProgram } from './run.ts';

/** struct process_record of processes.bpf.c: byte offsets, little endian. */
export const processOffsets = {
  pid: 0, // u32
  isAlive: 4, // u32
  started: 8, // u64
  mount: 16, // u64
  entry: 24, // u64
  groups: 32, // u64
  uid: 40, // u32
  userNamespace: 44, // u32
  name: 48, // 16 bytes
} as const;
export const processRecordSize = 64;

const processesAtOnce = 1024;
const nameSize = 16;

export interface KernelProcess {
  readonly pid: number;
  /** Since boot, in clock ticks (1/100 s), as /proc/PID/stat has it. */
  readonly startTicks: number;
  /** The first 15 bytes of the name of the main thread. */
  readonly command: string;
  /** The effective user. */
  readonly uid: number;
  /** The inode number of the user namespace in which the uid means somebody. */
  readonly userNamespace: number;
  /** Two processes that have the same run the same file; null where there is none. */
  readonly program: string | null;
  /** Two processes that have the same are in the same control groups. */
  readonly groups: string;
}

const nanosecondsPerTick = 10_000_000n;

function decode(view: DataView, at: number): KernelProcess {
  const text = (offset: number) => view.getBigUint64(at + offset, true).toString(36);
  const name = new Uint8Array(view.buffer, at + processOffsets.name, nameSize);
  const entry = text(processOffsets.entry);
  return {
    pid: view.getUint32(at + processOffsets.pid, true),
    startTicks: Number(view.getBigUint64(at + processOffsets.started, true) / nanosecondsPerTick),
    command: decodeText(name.slice(0, name.indexOf(0))),
    uid: view.getUint32(at + processOffsets.uid, true),
    userNamespace: view.getUint32(at + processOffsets.userNamespace, true),
    program: entry === '0' ? null : `${text(processOffsets.mount)} ${entry}`,
    groups: text(processOffsets.groups),
  };
}

export class ProcessLookup {
  readonly #loaded: LoadedObject;
  readonly #program: number;
  readonly #records: DataView<ArrayBuffer>;

  /** Throws BpfUnavailable where the machine does not allow it. */
  constructor() {
    if (!inInitialPidNamespace()) throw new BpfUnavailable('this is a pid namespace of its own');
    this.#loaded = new LoadedObject(processes);
    try {
      const size = processesAtOnce * processRecordSize;
      this.#records = new DataView(this.#loaded.memory('records', size));
      this.#program = this.#loaded.loadOnly();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Those of them that are alive. */
  read(pids: readonly number[]): KernelProcess[] {
    const found: KernelProcess[] = [];
    for (let from = 0; from < pids.length; from += processesAtOnce) {
      this.#readSome(pids.slice(from, from + processesAtOnce), found);
    }
    return found;
  }

  #readSome(pids: readonly number[], found: KernelProcess[]): void {
    const asked = pids.length < processesAtOnce ? [...pids, 0] : pids;
    for (const [index, pid] of asked.entries()) {
      this.#records.setUint32(index * processRecordSize + processOffsets.pid, pid, true);
    }
    runProgram(this.#program);
    for (let at = 0; at < pids.length * processRecordSize; at += processRecordSize) {
      const isAlive = this.#records.getUint32(at + processOffsets.isAlive, true) !== 0;
      if (isAlive) found.push(decode(this.#records, at));
    }
  }

  close(): void {
    this.#loaded.close();
  }
}
