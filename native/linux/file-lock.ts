// A lock on a file that no other process can take while this one lives; the kernel gives it back
// when the process ends, however it ends (flock(2)).

import koffi from 'koffi';
import { SystemCallError } from './libc.ts';

/** Linux's numbers, sys/file.h. */
const LOCK_EX = 2;
const LOCK_NB = 4;

type Flock = (fd: number, operation: number) => number;
let flock: Flock | undefined;

/** False where another holds it. */
export function tryLockFile(fd: number): boolean {
  flock ??= koffi.load(null).func('int flock(int fd, int operation)') as Flock;
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = koffi.errno();
  if (errno === koffi.os.errno.EAGAIN) return false;
  throw new SystemCallError('flock', errno);
}
