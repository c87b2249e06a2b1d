// A record of PR-PIDS or PR-INITIAL: a process with its endpoints, at a moment. The method that
// hands it to PowerShell makes a PRProcessRecord or PRInitialRecord of it, with its endpoints as
// columns.

import { type ChangeFilterTexts, compileChangeFilter } from '../../model/filter/change.ts';
import { compileFilter } from '../../model/filter/filter.ts';
import { numberTest } from '../../model/filter/number.ts';
import type { ProcessFacts } from '../../model/process.ts';
import type { PortStatistics } from '../../model/statistics.ts';
import type { LoggedEndpoint } from '../format/endpoint-row.ts';

export interface ProcessRecord {
  readonly kind: 'PR-PIDS' | 'PR-INITIAL';
  readonly file: string;
  readonly lineNumber: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Null for the endpoints that nobody owns. */
  readonly owner: ProcessFacts | null;
  readonly endpoints: readonly LoggedEndpoint[];
  readonly statistics: PortStatistics;
  /** What the file says of the machine. */
  readonly computerName: string | null;
  readonly operatingSystem: string | null;
}

export type ProcessRecordTest = (record: ProcessRecord) => boolean;

/** A process passes where its owner does and, if endpoints are asked for, one of its endpoints
 * does. It is no change, so none passes where changes are asked for. */
export function compileProcessFilter(texts: ChangeFilterTexts): ProcessRecordTest {
  compileChangeFilter(texts); // refuses what can't be understood
  const { port, change, processId, processName, user, service, ...onEndpoint } = texts;
  if (change !== undefined) return () => false;
  const { endpoint: passes } = compileFilter(onEndpoint);
  const isPort = port === undefined ? () => true : numberTest('port', port, 65_535);
  const asksForEndpoint = port !== undefined || Object.keys(onEndpoint).length > 0;
  const owners = compileFilter(
    Object.fromEntries(
      Object.entries({ processId, processName, user, service }).filter(([, value]) => value),
    ),
  );
  const passesOwner = (owner: ProcessFacts | null): boolean => {
    const { processId: isPid, process } = owners;
    if (isPid === null && process === null) return true;
    return owner !== null && (isPid?.(owner.pid) ?? true) && (process?.(owner) ?? true);
  };
  return ({ owner, endpoints }) => {
    if (!passesOwner(owner)) return false;
    if (!asksForEndpoint) return true;
    return endpoints.some(({ endpoint }) => {
      const { localPort, remotePort } = endpoint;
      return (isPort(localPort) || isPort(remotePort ?? -1)) && passes(endpoint);
    });
  };
}
