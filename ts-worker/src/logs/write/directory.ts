// The seam to the disk: the directory that the logs are in, and a log that is being written.
// Whatever goes wrong there is an error with a `code` (ENOSPC, ENOENT, EACCES …); tests bring a
// directory of their own that fills up, vanishes, and loses what was not synced.

export interface WritableLog {
  /** Gives how many bytes were taken: a disk that becomes full may take some of them. */
  write(bytes: Uint8Array): Promise<number>;
  /** Resolves when all that was written is on the disk (fdatasync). */
  sync(): Promise<void>;
  /** False where the file was removed, or another stands in its place. */
  isInPlace(): Promise<boolean>;
  close(): Promise<void>;
}

export interface FoundFile {
  readonly name: string;
  readonly size: number;
}

export interface DiskSpace {
  readonly size: number;
  readonly free: number;
}

export interface LogLock {
  /** Where the directory or the lock was removed under our hands: makes and takes them anew. Throws
   * as lock() does. */
  keep(): Promise<void>;
  release(): Promise<void>;
}

export interface LogDirectory {
  readonly path: string;
  /** Keeps every other recorder out until it is released or this process ends, however it ends.
   * Throws PR_LOG_DIRECTORY_BUSY where another is in, PR_LOG_DIRECTORY_UNSAFE where others may
   * write. Makes the directory where it is missing. */
  lock(): Promise<LogLock>;
  /** Makes a file that only its owner may read (and the group of a setgid directory). EEXIST where
   * there is anything of that name, be it a link. */
  create(name: string): Promise<WritableLog>;
  /** Regular files only. */
  list(): Promise<FoundFile[]>;
  read(name: string, from: 'Beginning' | 'End', most: number): Promise<Uint8Array>;
  remove(name: string): Promise<void>;
  /** Puts a small file under that name, in the place of what was there: readers see the old one or
   * the new one. Its rights are those of a log. Where the disk is full it may be written over. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  /** Resolves when names made and removed are on the disk. */
  sync(): Promise<void>;
  space(): Promise<DiskSpace>;
}
