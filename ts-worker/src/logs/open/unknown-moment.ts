// Why the logs do not tell what was open at a moment, and what to do instead. Times are said in the
// zone in which the moment was asked for.

import { PortReporterError } from '../../model/error.ts';
import { formatOffset, type Offset } from '../format/wall-time.ts';

/** What somebody asks for. */
export interface AskedMoment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly offset: Offset;
}

/** `2026-07-06T13:44:04.000+02:00` */
export function say(time: number, offset: Offset): string {
  const wall = new Date(Math.floor(time) + offset * 60_000).toISOString();
  return offset === 0 ? wall : wall.replace('Z', formatOffset(offset));
}

export class UnknownMoment {
  readonly at: number;
  readonly #offset: Offset;

  constructor({ at, offset }: AskedMoment) {
    this.at = at;
    this.#offset = offset;
  }

  legacy(file: string): PortReporterError {
    const why = `'${file}' does not tell what was closed.`;
    return this.#error(file, why, 'Only logs in the extended format do.');
  }

  twice(path: string): PortReporterError {
    const why = 'the clock was set back, and that moment came twice.';
    return this.#error(path, why, 'Import-PRLog shows the records of both.');
  }

  notRecorded(directory: string, end: number): PortReporterError {
    const why = `nobody recorded then. The logs before it end at ${this.#say(end)}.`;
    return this.#error(directory, why, 'Get-PRLog shows what is recorded.');
  }

  noInitial(directory: string): PortReporterError {
    const why = `no PR-INITIAL in '${directory}' is as old.`;
    const hint = 'Get-PRLog -Kind PR-INITIAL shows from when on it is known.';
    return this.#error(directory, why, hint);
  }

  /** `what` happened to the clock or the machine. */
  behindJump(what: string, time: number): PortReporterError {
    const why = `${what} at ${this.#say(time)}, between the last PR-INITIAL and that moment.`;
    const next = 'after the next PR-INITIAL (Get-PRLog -Kind PR-INITIAL).';
    return this.#error(this.#say(this.at), why, `Ask for a moment before it, or ${next}`);
  }

  #say(time: number): string {
    return say(time, this.#offset);
  }

  #error(target: string, why: string, hint: string): PortReporterError {
    const message = `What was open at ${this.#say(this.at)} is not known: ${why}`;
    return new PortReporterError('PR_MOMENT_UNKNOWN', message, { target, hint });
  }
}
