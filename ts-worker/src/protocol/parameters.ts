// Parameters of requests, checked one by one: what comes over the line is `unknown` until then.

import type { FilterTexts } from '../model/filter/filter.ts';
import { invalidRequest } from './answer.ts';

export type Parameters = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function flag(parameters: Parameters, name: string): boolean {
  const value = parameters[name] ?? false;
  if (typeof value !== 'boolean') throw invalidRequest(`\`${name}\` is true or false.`, name);
  return value;
}

export function text(parameters: Parameters, name: string): string | null {
  const value = parameters[name] ?? null;
  if (value !== null && typeof value !== 'string') {
    throw invalidRequest(`\`${name}\` is a text.`, name);
  }
  return value;
}

/** Null where there are none. */
export function texts(parameters: Parameters, name: string): readonly string[] | null {
  const value = parameters[name] ?? null;
  if (value === null) return null;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw invalidRequest(`\`${name}\` is an array of texts.`, name);
  }
  return value;
}

export function wholeNumber(
  parameters: Parameters,
  name: string,
  least: number,
  ifAbsent: number,
): number {
  const value = parameters[name] ?? null;
  if (value === null) return ifAbsent;
  if (typeof value !== 'number' || !(value >= least) || !Number.isSafeInteger(value)) {
    throw invalidRequest(`\`${name}\` is a whole number from ${least}.`, name);
  }
  return value;
}

/** The texts themselves are checked by the filter, in the user's words. */
export function filterTexts(parameters: Parameters): FilterTexts {
  const value = parameters.filter ?? {};
  if (!isRecord(value)) throw invalidRequest('`filter` is an object of arrays of texts.', 'filter');
  return value as FilterTexts;
}
