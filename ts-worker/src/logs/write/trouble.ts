// Which errors are the disk's: those the recorder lives with. Any other is a fault of ours.

import { PortReporterError } from '../../model/error.ts';

/** Files were removed while they were written. */
export class FilesGone extends Error {
  readonly code = 'ENOENT';
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Errors of system calls, and of a directory that is not safe any more. */
export function isOfTheDisk(error: unknown): error is Error & { readonly code: string } {
  if (error instanceof PortReporterError || error instanceof FilesGone) return true;
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** What a caller gets who can't live with it; other errors as they are. */
export function unwritable(error: unknown, what: string): unknown {
  if (!isOfTheDisk(error) || error instanceof PortReporterError) return error;
  const message = `${what}: ${error.message}.`;
  return new PortReporterError('PR_LOG_UNWRITABLE', message, { cause: error });
}
