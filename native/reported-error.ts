// An error of the system that can be shown to users as it is: it has a code of docs/errors.md. What
// is above (ts-worker/src/model/error.ts) knows it by its shape, since nothing here looks up there.

export class ReportedError extends Error {
  readonly code: `PR_${string}`;
  readonly target: string | null;
  readonly hint: string | null;

  constructor(
    code: `PR_${string}`,
    message: string,
    about: { readonly target: string | null; readonly hint: string | null },
  ) {
    super(message);
    this.name = 'ReportedError';
    this.code = code;
    this.target = about.target;
    this.hint = about.hint;
  }
}
