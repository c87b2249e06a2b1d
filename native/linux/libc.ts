// The few calls of the C library that Node does not offer. Loaded at first use, so that the same
// bundle starts on Windows. `koffi.load(null)` finds the C library of glibc and musl alike.

import koffi from 'koffi';

interface LibC {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Int32Array,
    length: number,
  ) => number;
  readonly setns: (fd: number, kind: number) => number;
  readonly geteuid: () => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly clock_gettime: (clock: number, time: BigInt64Array) => number;
  readonly readlinkat: (folder: number, name: string, text: Uint8Array, size: number) => number;
  /** Null with another C library than glibc. */
  readonly malloc_trim: ((pad: number) => number) | null;
}

let loaded: LibC | undefined;

function whereThereIs<Call>(find: () => Call): Call | null {
  try {
    return find();
  } catch {
    return null;
  }
}

function libc(): LibC {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      setsockopt: library.func(
        'int setsockopt(int fd, int level, int option, void *value, uint32_t length)',
      ),
      setns: library.func('int setns(int fd, int kind)'),
      geteuid: library.func('uint32_t geteuid()'),
      fcntl: library.func('int fcntl(int fd, int command, int argument)'),
      clock_gettime: library.func('int clock_gettime(int clock, void *time)'),
      readlinkat: library.func(
        'int64_t readlinkat(int folder, const char *name, void *text, size_t size)',
      ),
      malloc_trim: whereThereIs(() => library.func('int malloc_trim(size_t pad)')),
    };
  }
  return loaded;
}

/** A failed system call: its name and its errno in letters (`EPERM`). */
export class SystemCallError extends Error {
  readonly syscall: string;
  readonly code: string;

  constructor(syscall: string, errno: number) {
    const codes = Object.entries(koffi.os.errno);
    const code = codes.find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
    super(`${syscall}() failed: ${code}`);
    this.name = 'SystemCallError';
    this.syscall = syscall;
    this.code = code;
  }
}

function checked(syscall: string, result: number): number {
  if (result < 0) throw new SystemCallError(syscall, koffi.errno());
  return result;
}

/** Linux's numbers, socket.h and netlink.h. */
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const CLONE_NEWNET = 0x40000000;
const F_SETPIPE_SZ = 1031; // linux/fcntl.h

/** A netlink socket of the calling thread's network namespace (netlink(7)). */
export function openNetlink(protocol: number): number {
  return checked('socket', libc().socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
}

/** Moves the calling thread into the network namespace behind `fd` (setns(2)). */
export function enterNetworkNamespace(fd: number): void {
  checked('setns', libc().setns(fd, CLONE_NEWNET));
}

/** Lets a pipe hold so many bytes, in place of 64 KB (fcntl(2)). What is no pipe stays as it is, and so
 * does one of a user who has too many large ones (pipe(7)). */
export function setPipeSize(fd: number, size: number): void {
  libc().fcntl(fd, F_SETPIPE_SZ, size);
}

/** What a link in an open folder says goes into `text`; gives how many bytes it has, -1 where it can't be
 * read (readlinkat(2)). For who reads tens of thousands: the kernel does not walk a path each time. */
export function readLinkAt(folder: number, name: string, text: Uint8Array): number {
  return libc().readlinkat(folder, name, text, text.length);
}

/** Gives back to the system what was freed and lies between what is still used (malloc_trim(3)). Takes
 * about a millisecond. */
export function giveMemoryBack(): void {
  libc().malloc_trim?.(0);
}

export function effectiveUser(): number {
  return libc().geteuid();
}

const CLOCK_REALTIME = 0;
const CLOCK_BOOTTIME = 7;

/** struct timespec: seconds, nanoseconds. */
const time = new BigInt64Array(2);

function readClock(clock: number): number {
  checked('clock_gettime', libc().clock_gettime(clock, time));
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6;
}

/** Milliseconds since the epoch (clock_gettime(2)). */
export const realTime = (): number => readClock(CLOCK_REALTIME);

/** Milliseconds since boot, suspended time included (clock_gettime(2)). */
export const bootTime = (): number => readClock(CLOCK_BOOTTIME);

const CLOCK_MONOTONIC = 1;

/** Milliseconds since boot without suspended time (clock_gettime(2)). */
export const monotonicTime = (): number => readClock(CLOCK_MONOTONIC);
