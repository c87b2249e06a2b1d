// An install is a list of steps, and so is an uninstall. Each says what it does, does it, and takes
// it back. -WhatIf prints the list and runs none of it; a step that fails takes back what was done
// before it, the last first.

import { PortReporterError, reportOf } from '../model/error.ts';

export interface Step {
  /** A command to the reader without a full stop: "Copy Node to '/opt/portreporter/…'". */
  readonly description: string;
  do(): Promise<void>;
  /** Brings back what was before; called only where `do` has ended well. A `do` that fails leaves
   * nothing behind itself. */
  undo(): Promise<void>;
  /** What is removed can't be brought back: where such a step fails, all before it stays. */
  readonly isFinal?: true;
}

export const nothingToUndo = async (): Promise<void> => {};

const whatStays = 'Everything before it is done, and stays.';

/** What could not be taken back, as sentences. */
async function takeBack(done: readonly Step[]): Promise<string[]> {
  const problems: string[] = [];
  for (const step of done.toReversed()) {
    try {
      await step.undo();
    } catch (error) {
      problems.push(`"${step.description}" could not be taken back: ${reportOf(error).message}`);
    }
  }
  return problems;
}

function failure(step: Step, cause: unknown, problems: readonly string[]): PortReporterError {
  const { message, hint } = reportOf(cause);
  const rest = problems.length === 0 ? ['What was done before it was taken back.'] : problems;
  return new PortReporterError(
    'PR_STEP_FAILED',
    [`The step "${step.description}" failed: ${message}`, ...rest].join(' '),
    { target: step.description, cause, ...(hint === null ? {} : { hint }) },
  );
}

/** `announce` is told of each step before it is done; where it throws, nobody wants the rest. */
export async function runSteps(
  steps: readonly Step[],
  announce: (step: Step) => Promise<void>,
): Promise<void> {
  const done: Step[] = [];
  for (const step of steps) {
    try {
      await announce(step);
    } catch (error) {
      if (!step.isFinal) await takeBack(done);
      throw error;
    }
    try {
      await step.do();
    } catch (error) {
      throw failure(step, error, step.isFinal ? [whatStays] : await takeBack(done));
    }
    done.push(step);
  }
}
