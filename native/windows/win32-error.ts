// Failed calls of Windows, and the one error for a table that does not add up. Numbers are those of
// winerror.h and ntstatus.h.

import { ReportedError } from '../reported-error.ts';

export const NO_ERROR = 0;
export const ERROR_FILE_NOT_FOUND = 2;
export const ERROR_PATH_NOT_FOUND = 3;
export const ERROR_ACCESS_DENIED = 5;
export const ERROR_INVALID_HANDLE = 6;
export const ERROR_SHARING_VIOLATION = 32;
export const ERROR_FILE_EXISTS = 80;
export const ERROR_INSUFFICIENT_BUFFER = 122;
export const ERROR_ALREADY_EXISTS = 183;
export const ERROR_MORE_DATA = 234;
export const ERROR_SERVICE_ALREADY_RUNNING = 1056;
export const ERROR_SERVICE_DOES_NOT_EXIST = 1060;
export const ERROR_SERVICE_NOT_ACTIVE = 1062;
export const ERROR_SERVICE_MARKED_FOR_DELETE = 1072;
export const STATUS_BUFFER_OVERFLOW = 0x80000005;
export const STATUS_INFO_LENGTH_MISMATCH = 0xc0000004;
export const STATUS_BUFFER_TOO_SMALL = 0xc0000023;

/** A call that failed: its name and the code that Windows gave (`net helpmsg CODE` explains it). */
export class Win32Error extends Error {
  readonly call: string;
  readonly code: number;

  constructor(call: string, code: number) {
    super(`${call} failed with ${code > 0xffff ? `0x${code.toString(16)}` : `error ${code}`}.`);
    this.name = 'Win32Error';
    this.call = call;
    this.code = code;
  }
}

/** What Windows handed out contradicts itself: never guess at such bytes. */
export function unreadable(table: string, problem: string): ReportedError {
  return new ReportedError('PR_TABLE_UNREADABLE', `${table} can't be read: ${problem}.`, {
    target: table,
    hint: 'Run the command again; if it stays, report it with the version of Windows (winver).',
  });
}
