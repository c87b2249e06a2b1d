// The one way a filter is refused: which filter, what came, what is accepted.

import { PortReporterError } from '../error.ts';

export function invalidFilter(
  filter: string,
  value: string,
  accepted: string,
  about: { hint?: string } = {},
): PortReporterError {
  const parameter = `-${filter.charAt(0).toUpperCase()}${filter.slice(1)}`;
  return new PortReporterError(
    'PR_FILTER_INVALID',
    `'${value}' is not a value that ${parameter} understands; it accepts ${accepted}.`,
    { target: value, ...about },
  );
}
