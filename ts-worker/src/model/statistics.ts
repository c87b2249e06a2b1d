// PortQry's counts: how many TCP and UDP mappings, and how the TCP ones are spread over the states.

import type { Endpoint } from './endpoint.ts';

export interface StateCount {
  readonly state: string;
  readonly count: number;
  /** Of all TCP mappings, to two decimals. */
  readonly percent: number;
}

export interface PortStatistics {
  readonly tcpMappings: number;
  readonly udpMappings: number;
  /** Only states that occur, the most frequent first. */
  readonly states: readonly StateCount[];
}

export function countPorts(endpoints: Iterable<Endpoint>): PortStatistics {
  const counts = new Map<string, number>();
  let tcpMappings = 0;
  let udpMappings = 0;
  for (const endpoint of endpoints) {
    if (endpoint.protocol === 'UDP') {
      udpMappings += 1;
      continue;
    }
    tcpMappings += 1;
    counts.set(endpoint.state, (counts.get(endpoint.state) ?? 0) + 1);
  }
  const states = [...counts].map(([state, count]) => {
    return { state, count, percent: Math.round((count / tcpMappings) * 10_000) / 100 };
  });
  states.sort((a, b) => b.count - a.count || a.state.localeCompare(b.state));
  return { tcpMappings, udpMappings, states };
}
