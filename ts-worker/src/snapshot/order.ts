// The order in which rows leave the worker: TCP before UDP, IPv4 before IPv6, then by the numbers of
// local address, local port, remote address, remote port.

import { SocketColumns } from '../endpoints/socket-columns.ts';
import { compareAddressBytes, parseAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';

const nothing = new Uint8Array();

/** Scopes of one address, in any order that is always the same. */
const compareTexts = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** Of each address the place in numeric order; 0 is no address. Asked of those that rows have. */
function rankAddresses(sockets: SocketColumns, places: Uint32Array): Uint32Array {
  const { addresses } = sockets;
  const ranks = new Uint32Array(addresses.length);
  for (const place of places) {
    ranks[sockets.localAddress[place] ?? 0] = 1;
    ranks[sockets.remoteAddress[place] ?? 0] = 1;
  }
  const met = addresses.flatMap((text, number) => {
    if (text === null || ranks[number] === 0) return [];
    return { text, number, bytes: parseAddress(text) ?? nothing };
  });
  met.sort((a, b) => compareAddressBytes(a.bytes, b.bytes) || compareTexts(a.text, b.text));
  ranks[0] = 0;
  met.forEach(({ number }, index) => {
    ranks[number] = index + 1;
  });
  return ranks;
}

/** TCP over IPv4 and over IPv6, UDP over IPv4 and over IPv6. */
const tables = 4;

function tableOf({ protocol, family }: Pick<Endpoint, 'protocol' | 'family'>): number {
  return (protocol === 'UDP' ? 2 : 0) + (family === 'IPv6' ? 1 : 0);
}

/** What rows are told apart by: whole numbers below `size`, by place. */
interface Digits {
  readonly of: Uint16Array | Uint32Array;
  readonly size: number;
}

/** Places with the same number keep their order. */
function orderBy(order: Uint32Array, { of, size }: Digits): Uint32Array {
  const next = new Uint32Array(size + 1);
  for (const place of order) {
    const digit = (of[place] ?? 0) + 1;
    next[digit] = (next[digit] ?? 0) + 1;
  }
  for (let digit = 0; digit < size; digit++) {
    next[digit + 1] = (next[digit + 1] ?? 0) + (next[digit] ?? 0);
  }
  const ordered = new Uint32Array(order.length);
  for (const place of order) {
    const digit = of[place] ?? 0;
    const at = next[digit] ?? 0;
    ordered[at] = place;
    next[digit] = at + 1;
  }
  return ordered;
}

const ports = 65_536;

/** By what counts least first, since every later pass keeps the order among equals: four passes in
 * the place of a million comparisons. */
export function inOrder(sockets: SocketColumns, places: Uint32Array): Uint32Array {
  const ranks = rankAddresses(sockets, places);
  const table = Uint32Array.from(sockets.kinds, tableOf);
  const local = new Uint32Array(sockets.length);
  const remote = new Uint32Array(sockets.length);
  for (const place of places) {
    const rank = ranks[sockets.localAddress[place] ?? 0] ?? 0;
    local[place] = (table[sockets.kind[place] ?? 0] ?? 0) * ranks.length + rank;
    remote[place] = ranks[sockets.remoteAddress[place] ?? 0] ?? 0;
  }
  let order = orderBy(places, { of: sockets.remotePort, size: ports });
  order = orderBy(order, { of: remote, size: ranks.length });
  order = orderBy(order, { of: sockets.localPort, size: ports });
  return orderBy(order, { of: local, size: tables * ranks.length });
}

/** The same for objects. */
export function sortEndpoints<Row extends { readonly endpoint: Endpoint }>(
  rows: readonly Row[],
): Row[] {
  const columns = new SocketColumns();
  for (const { endpoint } of rows) columns.addEndpoint(endpoint, 0);
  const sorted: Row[] = [];
  for (const place of inOrder(columns, columns.places())) {
    const row = rows[place];
    if (row !== undefined) sorted.push(row);
  }
  return sorted;
}
