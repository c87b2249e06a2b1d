// Rows of the Windows tables to the model's words.

import type { FilledBuffer } from '../../../native/windows/bytes.ts';
import type { RowLayout } from '../../../native/windows/socket-layout.ts';
import { type SocketRow, visitRows } from '../../../native/windows/socket-rows.ts';
import type { AddressFormatter } from '../model/address.ts';
import type { State } from '../model/endpoint.ts';
import type { Holder, OpenSocket } from './source.ts';

/** MIB_TCP_STATE (tcpmib.h) by number, spelled as Get-NetTCPConnection spells it. */
const tcpStates: Readonly<Record<number, State>> = {
  1: 'Closed',
  2: 'Listen',
  3: 'SynSent',
  4: 'SynReceived',
  5: 'Established',
  6: 'FinWait1',
  7: 'FinWait2',
  8: 'CloseWait',
  9: 'Closing',
  10: 'LastAck',
  11: 'TimeWait',
  12: 'DeleteTCB',
  100: 'Bound', // MIB_TCP_STATE_RESERVED
};

/** What the rows alone do not say. */
export interface Surroundings {
  readonly addresses: AddressFormatter;
  holdersOf(pid: number): readonly Holder[];
  serviceOf(row: SocketRow): string | null;
}

const stateOf = (row: SocketRow): State | undefined =>
  row.layout.protocol === 'UDP' ? 'Bound' : tcpStates[row.state];

function addressAt(row: SocketRow, addresses: AddressFormatter, end: 'local' | 'remote'): string {
  const offset = end === 'local' ? row.localAddress : row.remoteAddress;
  if (row.layout.family === 'IPv4') return addresses.ipv4(row.view, offset);
  return addresses.ipv6(row.view, offset, end === 'local' ? row.localScope : row.remoteScope);
}

/** The remote end of a listener is noise; a UDP row has none. */
const hasRemote = (row: SocketRow, state: State): boolean =>
  row.layout.protocol === 'TCP' && state !== 'Listen' && state !== 'Bound' && !row.remoteIsUnset;

function toSocket(row: SocketRow, state: State, around: Surroundings): OpenSocket {
  const holders = around.holdersOf(row.pid);
  const remote = hasRemote(row, state);
  return {
    protocol: row.layout.protocol,
    family: row.layout.family,
    localAddress: addressAt(row, around.addresses, 'local'),
    localPort: row.localPort,
    remoteAddress: remote ? addressAt(row, around.addresses, 'remote') : null,
    remotePort: remote ? row.remotePort : null,
    state,
    namespace: null,
    holders,
    // Every user is told every pid: where there is none, no process has this socket any more.
    cookie: null,
    ownerless: holders.length === 0,
    service: around.serviceOf(row),
  };
}

export interface Rows {
  readonly sockets: OpenSocket[];
  /** Numbers of states that this version does not know; their rows are left out. */
  readonly unknownStates: number[];
}

export function readRows(table: FilledBuffer, layout: RowLayout, around: Surroundings): Rows {
  const rows: Rows = { sockets: [], unknownStates: [] };
  visitRows(table, layout, (row) => {
    const state = stateOf(row);
    if (state === undefined) rows.unknownStates.push(row.state);
    else rows.sockets.push(toSocket(row, state, around));
  });
  return rows;
}
