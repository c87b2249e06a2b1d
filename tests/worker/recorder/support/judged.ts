// Records of a log as the judge of the traffic wants them.

import type { ToldChange } from '../../../traffic/judge.ts';
import type { PortRecordRow } from '../../logs/support/read.ts';

/** A log does not name the owner before: it is that of the record before. */
export function toldBy(records: readonly PortRecordRow[]): ToldChange[] {
  const owners = new Map<string, number | null>();
  return records
    .filter(({ Change }) => Change !== 'Gap')
    .map((row) => {
      const { LocalAddress, LocalPort, RemoteAddress, RemotePort, Namespace } = row;
      const place = [LocalAddress, LocalPort, RemoteAddress, RemotePort, Namespace].join();
      const PreviousProcess = row.Change === 'Reattributed' ? (owners.get(place) ?? null) : null;
      owners.set(place, row.OwningProcess);
      return {
        ...row,
        Change: row.Change ?? '',
        Attribution: row.Attribution ?? '',
        PreviousProcess,
        Source: '',
      };
    });
}
