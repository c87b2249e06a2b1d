// A disk in memory that can do what a real one does at the worst moment: fill up, vanish, refuse,
// fail to sync, and lose power, which takes all that was not synced.

import type {
  DiskSpace,
  FoundFile,
  LogDirectory,
  LogLock,
  WritableLog,
} from '../../../../ts-worker/src/logs/write/directory.ts';
import { PortReporterError } from '../../../../ts-worker/src/model/error.ts';

interface MemoryFile {
  bytes: Buffer;
  /** How many of them are on the disk for good. */
  synced: number;
  /** Whether the name is on the disk for good. */
  isListed: boolean;
}

function failure(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}

export class MemoryDisk implements LogDirectory {
  readonly path = '/logs';
  readonly files = new Map<string, MemoryFile>();
  capacity = 1e9;
  /** Fails every system call of that name with that code. */
  readonly failing = new Map<string, string>();
  isGone = false;
  isLocked = false;
  creations = 0;

  async lock(): Promise<LogLock> {
    if (this.isLocked) throw new PortReporterError('PR_LOG_DIRECTORY_BUSY', 'busy');
    this.isLocked = true;
    return {
      keep: async () => {},
      release: async () => {
        this.isLocked = false;
      },
    };
  }

  async create(name: string): Promise<WritableLog> {
    this.#check('open');
    if (this.files.has(name)) throw failure('EEXIST', 'open');
    const file: MemoryFile = { bytes: Buffer.alloc(0), synced: 0, isListed: false };
    this.files.set(name, file);
    this.creations += 1;
    return this.#log(name, file);
  }

  async list(): Promise<FoundFile[]> {
    this.#check('scandir');
    return [...this.files].map(([name, { bytes }]) => ({ name, size: bytes.length }));
  }

  async read(name: string, from: 'Beginning' | 'End', most: number): Promise<Uint8Array> {
    const bytes = this.files.get(name)?.bytes ?? Buffer.alloc(0);
    return from === 'End' ? bytes.subarray(-most) : bytes.subarray(0, most);
  }

  async remove(name: string): Promise<void> {
    this.#check('unlink');
    this.files.delete(name);
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    this.#check('rename');
    const all = Buffer.from(bytes);
    this.files.set(name, { bytes: all, synced: all.length, isListed: true });
  }

  async sync(): Promise<void> {
    this.#check('fsync');
    for (const file of this.files.values()) file.isListed = true;
  }

  async space(): Promise<DiskSpace> {
    return { size: this.capacity, free: this.capacity - this.#used() };
  }

  /** What a process that is killed, or a machine without power, leaves. */
  losePower(): void {
    for (const [name, file] of this.files) {
      if (!file.isListed) this.files.delete(name);
      file.bytes = file.bytes.subarray(0, file.synced);
    }
    this.isLocked = false;
  }

  vanish(): void {
    this.files.clear();
    this.isGone = true;
  }

  text(name: string): string {
    return this.files.get(name)?.bytes.toString() ?? '';
  }

  /** Names of a kind, in the order in which they were made. */
  names(kind: string): string[] {
    return [...this.files.keys()].filter((name) => name.startsWith(`PR-${kind}-`));
  }

  /** Everything of a kind. */
  all(kind: string): string {
    return this.names(kind)
      .map((name) => this.text(name))
      .join('');
  }

  lines(kind: string, pattern: RegExp): string[] {
    return this.all(kind)
      .split('\n')
      .filter((line) => pattern.test(line));
  }

  #used(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  #check(syscall: string): void {
    const code = this.failing.get(syscall);
    if (code !== undefined) throw failure(code, syscall);
    if (this.isGone) throw failure('ENOENT', syscall);
  }

  #log(name: string, file: MemoryFile): WritableLog {
    return {
      write: async (bytes) => {
        const code = this.failing.get('write');
        if (code !== undefined) throw failure(code, 'write');
        const room = Math.min(bytes.length, this.capacity - this.#used());
        if (room <= 0) throw failure('ENOSPC', 'write');
        file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, room)]);
        return room;
      },
      sync: async () => {
        const code = this.failing.get('fdatasync');
        if (code !== undefined) throw failure(code, 'fdatasync');
        file.synced = file.bytes.length;
      },
      isInPlace: async () => this.files.get(name) === file,
      close: async () => {},
    };
  }
}

/** Time that passes when it is told to. */
export class FakeClock {
  wall: number;
  #elapsed = 0;
  /** Minutes east of UTC at a moment. */
  offsetAt: (moment: number) => number;

  constructor(wall: number, offsetAt: (moment: number) => number = () => 120) {
    this.wall = wall;
    this.offsetAt = offsetAt;
  }

  readonly now = (): number => this.wall;
  readonly elapsed = (): number => this.#elapsed;

  pass(milliseconds: number): void {
    this.wall += milliseconds;
    this.#elapsed += milliseconds;
  }
}
