// Every error that reaches a user has a stable code (the ErrorId in PowerShell), says what was
// wrong, and hints at what to do. docs/errors.md lists the codes.

export type ErrorCode =
  | 'PR_PLATFORM_UNSUPPORTED'
  | 'PR_NODE_TOO_OLD'
  | 'PR_FILTER_INVALID'
  | 'PR_REQUEST_INVALID'
  | 'PR_SOURCE_UNAVAILABLE'
  | 'PR_PROCESS_NOT_FOUND'
  | 'PR_TABLE_UNREADABLE'
  | 'PR_LOG_NOT_FOUND'
  | 'PR_LOG_UNREADABLE'
  | 'PR_LOG_UNKNOWN'
  | 'PR_TIME_ZONE_UNKNOWN'
  | 'PR_MOMENT_UNKNOWN'
  | 'PR_LOG_DIRECTORY_BUSY'
  | 'PR_LOG_DIRECTORY_UNSAFE'
  | 'PR_NOT_ELEVATED'
  | 'PR_NOT_INSTALLED'
  | 'PR_PATH_UNSAFE'
  | 'PR_SERVICE_BUSY'
  | 'PR_SERVICE_FAILED'
  | 'PR_SERVICE_UNSUPPORTED'
  | 'PR_STEP_FAILED'
  | 'PR_SETTINGS_INVALID'
  | 'PR_SETTINGS_UNREADABLE'
  | 'PR_LOG_UNWRITABLE'
  | 'PR_USAGE'
  | 'PR_INTERNAL';

export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  /** What the error is about: the value, file or request that was refused. */
  readonly target: string | null;
  /** What the user can do about it. */
  readonly hint: string | null;
}

export class PortReporterError extends Error {
  readonly code: ErrorCode;
  readonly target: string | null;
  readonly hint: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    about: { target?: string; hint?: string; cause?: unknown } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = 'PortReporterError';
    this.code = code;
    this.target = about.target ?? null;
    this.hint = about.hint ?? null;
  }
}

/** Errors of native/ have the same shape, and other codes than Node's. */
const isReport = (error: unknown): error is ErrorReport =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('PR_');

export function reportOf(error: unknown): ErrorReport {
  if (isReport(error)) {
    return { code: error.code, message: error.message, target: error.target, hint: error.hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'PR_INTERNAL',
    message: `The worker met an error it did not expect: ${message}`,
    target: null,
    hint: 'Please report it with the output of the same command and -Verbose.',
  };
}
