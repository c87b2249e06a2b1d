// The seam between platforms: whatever can tell what this machine allows stands behind this. A trial
// is one thing to be tried; to try it must leave no trace.

import type { Capability } from '../model/capability.ts';

export interface CapabilityReader {
  read(): readonly Capability[];
}

/** Gives what was found, for people; throws where the thing can't be used, and says why. */
export type Trial = () => string | null;

export interface NamedTrial {
  readonly name: string;
  readonly use: string;
  readonly trial: Trial;
}

/** An error's own `reason` is the plain sentence; other errors have only their message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

export function judge({ name, use, trial }: NamedTrial): Capability {
  try {
    return { name, usable: true, reason: null, use, detail: trial() };
  } catch (error) {
    return { name, usable: false, reason: reasonOf(error), use, detail: null };
  }
}
