// PortQry's view: one block a process, with its endpoints, statistics and modules. Endpoints without
// an owner stand together in one block of their own, the last.

import type { ProcessFacts } from '../model/process.ts';
import { countPorts, type PortStatistics } from '../model/statistics.ts';
import type { SnapshotRows } from './rows.ts';

export interface ProcessBlock {
  readonly owner: ProcessFacts | null;
  readonly rows: SnapshotRows;
  readonly statistics: PortStatistics;
}

export function groupByProcess(rows: SnapshotRows): ProcessBlock[] {
  const groups = new Map<number | null, number[]>();
  for (const place of rows.places) {
    const pid = rows.ownershipAt(place).owner?.pid ?? null;
    const group = groups.get(pid);
    if (group === undefined) groups.set(pid, [place]);
    else group.push(place);
  }
  const order = (pid: number | null) => pid ?? Number.POSITIVE_INFINITY;
  return [...groups]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([, places]) => {
      const group = rows.at(Uint32Array.from(places));
      return {
        owner: rows.ownershipAt(places[0] ?? 0).owner,
        rows: group,
        statistics: countPorts(group.endpoints()),
      };
    });
}
