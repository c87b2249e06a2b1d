// Why the logs do not tell what was open at a moment, and what to do instead.

import { PortReporterError } from '../../model/error.ts';

export function unknown(directory: string, problem: string, hint: string): PortReporterError {
  return new PortReporterError('PR_MOMENT_UNKNOWN', problem, { target: directory, hint });
}

export const iso = (time: number): string => new Date(time).toISOString();

export function legacy(at: number, file: string): PortReporterError {
  return unknown(
    file,
    `What was open at ${iso(at)} is not known: '${file}' does not tell what was closed.`,
    'Only logs in the extended format do.',
  );
}

export function twice(path: string, at: number): PortReporterError {
  return unknown(
    path,
    `What was open at ${iso(at)} is not known: the clock was set back, and that moment came twice.`,
    'Import-PRLog shows the records of both.',
  );
}

export function notRecorded(directory: string, at: number, last: number, initial: number) {
  return unknown(
    directory,
    `What was open at ${iso(at)} is not known: nobody recorded then. ` +
      `The logs before it end at ${iso(Math.max(last, initial))}.`,
    'Get-PRLog shows what is recorded.',
  );
}
