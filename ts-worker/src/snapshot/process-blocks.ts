// PortQry's view: one block a process, with its endpoints, statistics and modules. Endpoints without
// an owner stand together in one block of their own, the last.

import type { ProcessFacts } from '../model/process.ts';
import { countPorts, type PortStatistics } from '../model/statistics.ts';
import type { OwnedEndpoint } from './snapshot.ts';

export interface ProcessBlock {
  readonly owner: ProcessFacts | null;
  readonly rows: readonly OwnedEndpoint[];
  readonly statistics: PortStatistics;
}

export function groupByProcess(rows: readonly OwnedEndpoint[]): ProcessBlock[] {
  const groups = new Map<number | null, OwnedEndpoint[]>();
  for (const row of rows) {
    const pid = row.ownership.owner?.pid ?? null;
    const group = groups.get(pid);
    if (group === undefined) groups.set(pid, [row]);
    else group.push(row);
  }
  const order = (pid: number | null) => pid ?? Number.POSITIVE_INFINITY;
  return [...groups]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([, group]) => ({
      owner: group[0]?.ownership.owner ?? null,
      rows: group,
      statistics: countPorts(group.map(({ endpoint }) => endpoint)),
    }));
}
