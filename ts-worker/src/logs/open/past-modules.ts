// The modules of the processes of a past moment: what PR-INITIAL lists, and after it the last entry
// of PR-PIDS up to the moment that lists them. Of a process for which neither does they are not
// known.

import { isSameProcess, type Ownership, type ProcessFacts } from '../../model/process.ts';
import { everything } from '../read/context.ts';
import { fileSource, readLog } from '../read/read-log.ts';
import type { OwnedRow } from './open-endpoints.ts';
import type { PastMoment } from './past-moment.ts';

/** The last process of each pid that had modules. */
async function listedBy(paths: readonly string[], at: number): Promise<Map<number, ProcessFacts>> {
  const listed = new Map<number, ProcessFacts>();
  // An entry is stamped with a second, and tells of what came within it.
  const options = { ...everything, before: at };
  for (const path of paths) {
    for await (const { processes } of readLog(fileSource(path), options)) {
      for (const { owner } of processes) if (owner?.modules) listed.set(owner.pid, owner);
    }
  }
  return listed;
}

/** The same rows, each with another owner. Those that shared one still do. */
function withOwners(
  rows: readonly OwnedRow[],
  change: (owner: ProcessFacts) => ProcessFacts,
): OwnedRow[] {
  const changed = new Map<Ownership, Ownership>();
  return rows.map(({ endpoint, ownership }) => {
    const { owner } = ownership;
    if (owner === null) return { endpoint, ownership };
    const known = changed.get(ownership) ?? { ...ownership, owner: change(owner) };
    changed.set(ownership, known);
    return { endpoint, ownership: known };
  });
}

export const withoutModules = ({ rows }: PastMoment): OwnedRow[] =>
  withOwners(rows, (owner) => (owner.modules === null ? owner : { ...owner, modules: null }));

export async function withModules(
  { rows, initial, processLogs }: PastMoment,
  at: number,
): Promise<OwnedRow[]> {
  const listed = await listedBy([initial.path, ...processLogs], at);
  return withOwners(rows, (owner) => {
    const last = listed.get(owner.pid) ?? null;
    return { ...owner, modules: isSameProcess(last, owner) ? (last?.modules ?? null) : null };
  });
}
