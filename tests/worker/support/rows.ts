// Sockets and processes made up for tests of pure code: each says only what the test is about.

import { SocketColumns } from '../../../ts-worker/src/endpoints/socket-columns.ts';
import type { OpenSocket } from '../../../ts-worker/src/endpoints/source.ts';
import { type ProcessFacts, unknownProcess } from '../../../ts-worker/src/model/process.ts';
import { type OwnedEndpoint, SnapshotRows } from '../../../ts-worker/src/snapshot/rows.ts';

export function socket(about: Partial<OpenSocket> = {}): OpenSocket {
  return {
    protocol: 'TCP',
    family: 'IPv4',
    localAddress: '127.0.0.1',
    localPort: 80,
    remoteAddress: null,
    remotePort: null,
    state: 'Listen',
    namespace: 'default',
    holders: [],
    ownerless: false,
    service: null,
    cookie: null,
    ...about,
  };
}

/** A socket held by the processes with these pids. */
export function heldBy(pids: readonly number[], about: Partial<OpenSocket> = {}): OpenSocket {
  return socket({ ...about, holders: pids.map((pid) => ({ pid, startTime: null })) });
}

export function facts(pid: number, about: Partial<ProcessFacts> = {}): ProcessFacts {
  return { ...unknownProcess(pid), ...about };
}

export function owned(about: Partial<OpenSocket>, owner: ProcessFacts | null): OwnedEndpoint {
  const attribution = owner === null ? 'None' : 'Table';
  return { endpoint: socket(about), ownership: { owner, sharedWith: [], attribution } };
}

/** In the order in which they are given. */
export function snapshotRows(...rows: readonly OwnedEndpoint[]): SnapshotRows {
  const sockets = new SocketColumns();
  for (const [number, { endpoint }] of rows.entries()) {
    sockets.cookie[sockets.addEndpoint(endpoint, number)] = endpoint.cookie ?? 0;
  }
  const ownerships = rows.map(({ ownership }) => ownership);
  return new SnapshotRows(sockets, sockets.places(), ownerships);
}
