// A process as the kernel's events tell of it: from its fork or exec to the next exec or its end. The
// same pid runs another program after an exec, so that is a new image. Its facts are read from the
// process tables when somebody needs them; what ended before that keeps what the events said.

import type { Attribution } from '../model/endpoint.ts';
import type { Ownership, ProcessFacts } from '../model/process.ts';
import { processName } from '../processes/linux-name.ts';

export interface ImageEvent {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly uid: number;
  /** The first 15 bytes of the name. */
  readonly name: string;
}

/** Where the program came from; both null where only the name is known. */
export interface Executable {
  /** As it is shown. */
  readonly path: string | null;
  /** As it was given to execve(2): relative, or a script. */
  readonly typed: string | null;
}

/** The owner of what nobody owns, or nobody knows who. */
export const nobody: Ownership = { owner: null, sharedWith: null, attribution: 'None' };

export class Image implements ProcessFacts {
  readonly pid: number;
  startTime: number;
  readonly uid: number;
  readonly executable: Executable;
  name: string | null;
  path: string | null;
  commandLine: string | null = null;
  user: string | null = null;
  services: readonly string[] | null = null;
  readonly modules = null;
  /** True when the facts were asked for, whether or not the process was still there. */
  isRead = false;
  hasEnded = false;
  /** The pid of a parent that was not known when it forked this child: it runs the same program. */
  parent: number | null = null;
  readonly #ownerships = new Map<Attribution, Ownership>();

  constructor(event: ImageEvent, executable: Executable) {
    this.pid = event.pid;
    this.startTime = event.startTime;
    this.uid = event.uid;
    this.executable = executable;
    this.name = processName(event.name, executable.typed, []);
    this.path = executable.path;
  }

  /** The same program under another user: many change it after their start. */
  as(uid: number): Image {
    const { pid, startTime, name, executable } = this;
    const other = new Image({ pid, startTime, uid, name: name ?? '' }, executable);
    other.name = name;
    other.path = this.path;
    other.parent = this.parent;
    return other;
  }

  /** The same object each time, so that many endpoints share it. */
  ownedBy(attribution: Attribution): Ownership {
    let ownership = this.#ownerships.get(attribution);
    if (ownership === undefined) {
      ownership = { owner: this, sharedWith: null, attribution };
      this.#ownerships.set(attribution, ownership);
    }
    return ownership;
  }

  fill(facts: ProcessFacts): void {
    this.isRead = true;
    this.startTime = facts.startTime ?? this.startTime;
    this.name = facts.name ?? this.name;
    this.path = facts.path ?? this.path;
    this.commandLine = facts.commandLine;
    this.user = facts.user;
    this.services = facts.services;
  }
}
