// What happens to sockets and processes, as the kernel tells it (events.bpf.c): attaches every
// program that this kernel takes, remembers why it refused the others, and hands out the events.

import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';
import { SystemCallError } from '../libc.ts';
import { attachCgroup, attachTracepoint } from './attach.ts';
import { findCgroupRoot } from './cgroup-root.ts';
import type { ProgramSource } from './compiled-object.ts';
import { BpfUnavailable } from './error.ts';
import { EventKind } from './event-record.ts';
import events from './events.bpf.o';
import { deleteFromMap, LoadedObject, ownPidNamespace } from './load.ts';
import { placeOf } from './program.ts';
import { missedByNesting } from './program-info.ts';
import { type BlockVisitor, MappedMemory, RingBuffer } from './ring-buffer.ts';

export interface EventStreamOptions {
  /** Bytes of the ring, a power of two of at least a page; 16 MB take every burst tried. */
  readonly ringSize?: number;
  /** Names of programs to leave out. */
  readonly without?: readonly string[];
}

export interface EventProgram {
  readonly name: string;
  /** Where in the kernel it listens, as `tp_btf/sched_process_exec`. */
  readonly place: string;
  readonly usable: boolean;
  /** Why not; null where it is usable. */
  readonly reason: string | null;
}

const defaultRingSize = 16 << 20;
/** Tells what state_changed can't, because it runs already: what it misses itself was told. */
const nestedProgram = 'state_nested';
const kindCount = Math.max(...Object.values(EventKind)) + 1;

/** Throws BpfUnavailable where the machine does not allow it at all. */
export function openEventStream(options: EventStreamOptions = {}): EventStream {
  return new EventStream(options);
}

export class EventStream {
  readonly programs: readonly EventProgram[];
  readonly ringSize: number;
  readonly #loaded: LoadedObject;
  readonly #attachments: number[] = [];
  /** The descriptors of the programs that the kernel does not call from within themselves. */
  readonly #guarded: number[] = [];
  #ring: RingBuffer | null = null;
  #lostMemory: MappedMemory | null = null;
  /** By EventKind; in memory that the kernel writes. */
  #lostCounts = new BigUint64Array();
  #nestedMemory: MappedMemory | null = null;
  #missed = 0;
  #poll: ReturnType<typeof koffi.node.poll> | null = null;
  #endWait: () => void = () => {};

  constructor(options: EventStreamOptions) {
    this.ringSize = options.ringSize ?? defaultRingSize;
    this.#loaded = new LoadedObject(events, {
      constants: { reader_pid_namespace: ownPidNamespace() },
      maxEntries: { ring: this.ringSize },
    });
    try {
      this.#ring = new RingBuffer(this.#loaded.map('ring'), this.ringSize);
      this.#lostMemory = new MappedMemory(this.#loaded.map('lost'), 0, kindCount * 8, false);
      this.#lostCounts = new BigUint64Array(this.#lostMemory.bytes, 0, kindCount);
      this.#nestedMemory = new MappedMemory(this.#loaded.map('nested'), 0, 8, false);
      this.programs = this.#attachAll(options.without ?? []);
      this.#requireOne();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Visits all events that are there, in order (visitRecords() takes a block apart). */
  drain(visit: BlockVisitor): void {
    this.#ring?.drain(visit);
  }

  /** Ends when there are events, after so many milliseconds, or by wake() or close(). Sleeps in the
   * event loop's own poll: idle, it costs nothing. */
  wait(milliseconds: number): Promise<void> {
    this.#endWait();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#endWait(), milliseconds);
      this.#endWait = () => {
        this.#endWait = () => {};
        clearTimeout(timer);
        this.#poll?.stop();
        resolve();
      };
      this.#startPoll();
    });
  }

  /** Ends a wait() now. */
  wake(): void {
    this.#endWait();
  }

  /** How many events are lost since the start: those that found no place in the ring, and those that
   * countMissed() found. */
  lost(): number {
    let lost = this.#missed;
    for (const count of this.#lostCounts) lost += Number(count);
    return lost;
  }

  /** Those that found no place, by EventKind. */
  lostByKind(): number[] {
    return Array.from(this.#lostCounts, Number);
  }

  /** Asks the kernel how many events no program told, because it was running already: from then on
   * lost() has them, too. Takes some microseconds. */
  countMissed(): void {
    const missed = this.#guarded.reduce((sum, program) => sum + missedByNesting(program), 0);
    // Read after them, so that what happens between the two is not taken for a loss.
    this.#missed = Math.max(this.#missed, missed - this.nested());
  }

  /** How many events another program told in the place of the one that was running. */
  nested(): number {
    if (this.#nestedMemory === null) return 0;
    return Number(new BigUint64Array(this.#nestedMemory.bytes, 0, 1)[0]);
  }

  /** The owner of this socket is known: its first receive or send need not be told. */
  known(cookie: bigint): void {
    deleteFromMap(this.#loaded.map('unsettled'), Buffer.from(BigUint64Array.of(cookie).buffer));
  }

  close(): void {
    this.#endWait();
    this.#poll?.close();
    this.#poll = null;
    for (const attachment of this.#attachments.splice(0)) closeSync(attachment);
    this.#guarded.length = 0;
    this.#ring?.close();
    this.#ring = null;
    this.#lostCounts = new BigUint64Array();
    this.#lostMemory?.unmap();
    this.#lostMemory = null;
    this.#nestedMemory?.unmap();
    this.#nestedMemory = null;
    this.#loaded.close();
  }

  #startPoll(): void {
    const readable = () => this.#endWait();
    if (this.#poll === null) {
      this.#poll = koffi.node.poll(this.#loaded.map('ring'), { readable: true }, readable);
    } else {
      this.#poll.start({ readable: true }, readable);
    }
  }

  #attachAll(without: readonly string[]): EventProgram[] {
    return this.#loaded.object.programs.map((program) => {
      const reason = without.includes(program.name) ? 'it is left out' : this.#attach(program);
      return { name: program.name, place: program.section, usable: reason === null, reason };
    });
  }

  /** Gives the reason where it fails, else null. */
  #attach(program: ProgramSource): string | null {
    try {
      const descriptor = this.#loaded.load(program);
      const isAtCgroup = program.section.startsWith('cgroup/');
      this.#attachments.push(
        isAtCgroup ? attachToRoot(program, descriptor) : attachTracepoint(descriptor),
      );
      if (!isAtCgroup && program.name !== nestedProgram) this.#guarded.push(descriptor);
      return null;
    } catch (error) {
      if (error instanceof BpfUnavailable) return error.reason;
      if (error instanceof SystemCallError) return `the kernel does not attach it: ${error.code}`;
      throw error;
    }
  }

  #requireOne(): void {
    if (this.programs.some((program) => program.usable)) return;
    throw new BpfUnavailable(this.programs[0]?.reason ?? 'events.bpf.o holds no program');
  }
}

function openCgroupRoot(): number {
  const root = findCgroupRoot();
  try {
    return openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new BpfUnavailable(`${root} can't be opened`, error);
  }
}

function attachToRoot(program: ProgramSource, descriptor: number): number {
  const cgroup = openCgroupRoot();
  try {
    return attachCgroup(descriptor, cgroup, placeOf(program.section).attachType);
  } finally {
    closeSync(cgroup);
  }
}
