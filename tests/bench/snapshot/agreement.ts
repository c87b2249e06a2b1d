// Do all see the same? What a tool showed is compared with what was opened, as far as the tool can
// show it: some name one holder only, and some leave out UDP.

import { keyOf, type Row } from '../sockets/row.ts';

export interface Agreement {
  readonly missing: number;
  /** Rows about our addresses or processes that were never opened. */
  readonly invented: number;
  readonly wrongState: number;
  /** Rows that show some of their holders, and no other process. */
  readonly partHolders: number;
  readonly wrongHolders: number;
}

function isOurs(row: Row, ourPids: ReadonlySet<number>): boolean {
  return row.local.startsWith('127.71.') || row.pids.some((pid) => ourPids.has(pid));
}

function compareHolders(shown: readonly number[], real: readonly number[]) {
  if (shown.length === 0 || !shown.every((pid) => real.includes(pid))) return 'wrong';
  return shown.length === real.length ? 'whole' : 'part';
}

export function compare(shown: readonly Row[], opened: readonly Row[]): Agreement {
  const ourPids = new Set(opened.flatMap(({ pids }) => pids));
  const byKey = new Map(shown.map((row) => [keyOf(row), row]));
  const counts = { missing: 0, wrongState: 0, partHolders: 0, wrongHolders: 0 };
  const real = new Set<string>();
  for (const row of opened) {
    const key = keyOf(row);
    real.add(key);
    const found = byKey.get(key);
    if (found === undefined) {
      counts.missing += 1;
      continue;
    }
    if (found.state !== row.state) counts.wrongState += 1;
    const holders = compareHolders(found.pids, row.pids);
    if (holders === 'part') counts.partHolders += 1;
    if (holders === 'wrong') counts.wrongHolders += 1;
  }
  const ours = shown.filter((row) => isOurs(row, ourPids));
  return { ...counts, invented: ours.filter((row) => !real.has(keyOf(row))).length };
}

/** In words, `the same` where nothing differs. */
export function describe(agreement: Agreement): string {
  const words: readonly (readonly [number, string])[] = [
    [agreement.missing, 'missing'],
    [agreement.invented, 'never opened'],
    [agreement.wrongState, 'with another state'],
    [agreement.partHolders, 'with some of their holders only'],
    [agreement.wrongHolders, 'without or with a wrong holder'],
  ];
  const said = words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return said.length === 0 ? 'the same' : said.join(', ');
}
