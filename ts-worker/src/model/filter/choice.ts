// Filters with a fixed set of values: protocol, address family, state.

import { states } from '../endpoint.ts';
import { invalidFilter } from './invalid.ts';

/** Names that netstat, ss and PortQry use for the same states (LISTENING, TIME_WAIT, CLOSE-WAIT). */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['listening', 'Listen'],
  ['synrecv', 'SynReceived'],
  ['estab', 'Established'],
]);

export function choice(
  filter: string,
  texts: readonly string[],
  values: readonly string[],
): ReadonlySet<string> {
  const byName = new Map(values.map((value) => [value.toLowerCase(), value]));
  const chosen = new Set<string>();
  for (const text of texts) {
    const value = byName.get(text.trim().toLowerCase());
    if (value === undefined) throw invalidFilter(filter, text, `one of ${values.join(', ')}`);
    chosen.add(value);
  }
  return chosen;
}

export function stateChoice(filter: string, texts: readonly string[]): ReadonlySet<string> {
  const plain = texts.map((text) => {
    const name = text.replace(/[\s_-]/g, '').toLowerCase();
    const known = states.find((state) => state.toLowerCase() === name);
    return known ?? otherNames.get(name) ?? text;
  });
  return choice(filter, plain, states);
}
