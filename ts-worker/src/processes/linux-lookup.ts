// Many processes at once: the kernel is asked for most of it, and tells which of them have a program or
// control groups in common, so that a file of /proc is read for one of those. For each process there
// remain its arguments.

import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { type KernelProcess, ProcessLookup } from '../../../native/linux/bpf/process-lookup.ts';
import { readControlGroups, readExecutable } from '../../../native/linux/process-files.ts';
import { type Reading, type ReadingOptions, readProcess, toReading } from './linux-process.ts';

/** So many processes are read by /proc in the time that it takes to load the program. */
const worthIt = 200;

const isSame = (a: KernelProcess, b: KernelProcess | undefined): boolean =>
  b !== undefined &&
  a.startTicks === b.startTicks &&
  a.command === b.command &&
  a.program === b.program &&
  a.groups === b.groups &&
  a.uid === b.uid;

/** Reads what has a key once. */
class Known<Value> {
  readonly #values = new Map<string, Value>();

  of(key: string, read: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = read();
    this.#values.set(key, value);
    return value;
  }
}

/** For one turn: the keys are addresses, which the kernel uses again. */
class InCommon {
  readonly #paths = new Known<string | null>();
  readonly #controlGroups = new Known<readonly string[] | null>();

  /** Null for one that runs no program: what /proc calls a kernel thread is more than its name. */
  read(process: KernelProcess, options: ReadingOptions): Reading | null {
    const { pid, program, groups } = process;
    if (program === null) return null;
    const path = this.#paths.of(program, () => readExecutable(pid));
    const controlGroups = this.#controlGroups.of(groups, () => readControlGroups(pid));
    return toReading({ ...process, path, controlGroups }, options);
  }
}

export class LinuxLookup {
  #lookup: ProcessLookup | null = null;
  #isRefused = false;
  #count = 0;

  /** Null where the kernel can't be asked, or was not asked for many processes yet. */
  read(pids: readonly number[], options: ReadingOptions): Reading[] | null {
    this.#count += pids.length;
    if (this.#count < worthIt || this.#isRefused) return null;
    try {
      this.#lookup ??= new ProcessLookup();
      return this.#ask(this.#lookup, pids, options);
    } catch (error) {
      if (!(error instanceof BpfUnavailable)) throw error;
      this.#isRefused = true;
      return null;
    }
  }

  #ask(lookup: ProcessLookup, pids: readonly number[], options: ReadingOptions): Reading[] {
    const inCommon = new InCommon();
    const before = lookup.read(pids);
    const readings = before.map((process) => inCommon.read(process, options));
    const after = new Map(lookup.read(pids).map((process) => [process.pid, process]));
    return before.flatMap((process, index) => {
      const reading = isSame(process, after.get(process.pid)) ? readings[index] : null;
      return reading ?? readProcess(process.pid, options) ?? []; // it ended, or runs something else
    });
  }
}
