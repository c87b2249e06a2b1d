// The order in which rows leave the worker: TCP before UDP, IPv4 before IPv6, then by the numbers of
// local address, local port, remote address, remote port.

import { SocketColumns } from '../endpoints/socket-columns.ts';
import { compareAddressBytes, parseAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';

const nothing = new Uint8Array();

/** Scopes of one address, in any order that is always the same. */
const compareTexts = (a: string, b: string): number => Number(a > b) - Number(a < b);

function markAddresses(
  marks: Uint32Array,
  { localAddress, remoteAddress }: SocketColumns,
  places: Uint32Array,
): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0;
    marks[localAddress[place] ?? 0] = 1;
    marks[remoteAddress[place] ?? 0] = 1;
  }
}

/** Of each address the place in numeric order; 0 is no address. Asked of those that rows have. */
function rankAddresses(sockets: SocketColumns, places: Uint32Array): Uint32Array {
  const { addresses } = sockets;
  const ranks = new Uint32Array(addresses.length);
  markAddresses(ranks, sockets, places);
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

// Each long loop is a function: what V8 compiles while a loop runs it leaves behind the loop's end, and goes
// on as slowly as it begins.

/** How many have each digit, in the place behind it. */
function countDigits(order: Uint32Array, { of, size }: Digits): Uint32Array {
  const counts = new Uint32Array(size + 1);
  for (let i = 0; i < order.length; i++) {
    const digit = (of[order[i] ?? 0] ?? 0) + 1;
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
  return counts;
}

/** Makes of them how many have a lesser one. */
function addUp(counts: Uint32Array): void {
  for (let digit = 1; digit < counts.length; digit++) {
    counts[digit] = (counts[digit] ?? 0) + (counts[digit - 1] ?? 0);
  }
}

/** Those with the same digit keep their order. `next`: where the next one with each belongs. */
function putInPlace(order: Uint32Array, of: Digits['of'], next: Uint32Array): Uint32Array {
  const ordered = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const place = order[i] ?? 0;
    const digit = of[place] ?? 0;
    const at = next[digit] ?? 0;
    ordered[at] = place;
    next[digit] = at + 1;
  }
  return ordered;
}

function orderBy(order: Uint32Array, digits: Digits): Uint32Array {
  const counts = countDigits(order, digits);
  addUp(counts);
  return putInPlace(order, digits.of, counts);
}

/** The ranks of both addresses of each place; the local one's begins with its table. */
function rankEnds(sockets: SocketColumns, places: Uint32Array, ranks: Uint32Array) {
  const { kind, localAddress, remoteAddress, length } = sockets;
  const table = Uint32Array.from(sockets.kinds, tableOf);
  const local = new Uint32Array(length);
  const remote = new Uint32Array(length);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0;
    const rank = ranks[localAddress[place] ?? 0] ?? 0;
    local[place] = (table[kind[place] ?? 0] ?? 0) * ranks.length + rank;
    remote[place] = ranks[remoteAddress[place] ?? 0] ?? 0;
  }
  return { local, remote };
}

const ports = 65_536;

/** By what counts least first, since every later pass keeps the order among equals: four passes in
 * the place of a million comparisons. */
export function inOrder(sockets: SocketColumns, places: Uint32Array): Uint32Array {
  const ranks = rankAddresses(sockets, places);
  const { local, remote } = rankEnds(sockets, places, ranks);
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
