// The order in which rows leave the worker: TCP before UDP, IPv4 before IPv6, then by the numbers of
// local address, local port, remote address, remote port.

import { compareAddressBytes, parseAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';

/** Addresses by their place in numeric order; 0 is no address. Neighbours in a table often have one
 * address, so the last one is remembered. */
class AddressRanks {
  readonly #ranks: ReadonlyMap<string, number>;
  #last: string | null = null;
  #lastRank = 0;

  constructor(ranks: ReadonlyMap<string, number>) {
    this.#ranks = ranks;
  }

  get size(): number {
    return this.#ranks.size + 1;
  }

  of(text: string | null): number {
    if (text !== this.#last) {
      this.#last = text;
      this.#lastRank = text === null ? 0 : (this.#ranks.get(text) ?? 0);
    }
    return this.#lastRank;
  }
}

const nothing = new Uint8Array();

/** Scopes of one address, in any order that is always the same. */
const compareTexts = (a: string, b: string): number => Number(a > b) - Number(a < b);

function addressRanks(rows: readonly { readonly endpoint: Endpoint }[]) {
  const met = new Set<string>();
  let [lastLocal, lastRemote]: (string | null)[] = [null, null];
  for (const { endpoint } of rows) {
    const { localAddress, remoteAddress } = endpoint;
    if (localAddress !== lastLocal) met.add(localAddress);
    if (remoteAddress !== lastRemote && remoteAddress !== null) met.add(remoteAddress);
    lastLocal = localAddress;
    lastRemote = remoteAddress;
  }
  const parsed = [...met].map((text) => ({ text, bytes: parseAddress(text) ?? nothing }));
  parsed.sort((a, b) => compareAddressBytes(a.bytes, b.bytes) || compareTexts(a.text, b.text));
  const ranks = new Map(parsed.map(({ text }, index) => [text, index + 1]));
  return [new AddressRanks(ranks), new AddressRanks(ranks)] as const;
}

/** Places the rows by one whole number each; rows with the same number keep their order. */
function orderBy(order: Uint32Array, digits: Uint32Array, size: number): Uint32Array {
  const places = new Uint32Array(size + 1);
  for (const digit of digits) places[digit + 1] = (places[digit + 1] ?? 0) + 1;
  for (let digit = 0; digit < size; digit++) {
    places[digit + 1] = (places[digit + 1] ?? 0) + (places[digit] ?? 0);
  }
  const ordered = new Uint32Array(order.length);
  for (const row of order) {
    const digit = digits[row] ?? 0;
    const place = places[digit] ?? 0;
    ordered[place] = row;
    places[digit] = place + 1;
  }
  return ordered;
}

const ports = 65_536;

/** By what counts least first, since every later pass keeps the order among equals: four passes in
 * the place of a million comparisons. */
export function sortEndpoints<Row extends { readonly endpoint: Endpoint }>(
  rows: readonly Row[],
): Row[] {
  const [localRanks, remoteRanks] = addressRanks(rows);
  const size = localRanks.size;
  const column = () => new Uint32Array(rows.length);
  const columns = { local: column(), localPort: column(), remote: column(), remotePort: column() };
  let at = 0;
  for (const { endpoint } of rows) {
    const table = (endpoint.protocol === 'UDP' ? 2 : 0) + (endpoint.family === 'IPv6' ? 1 : 0);
    columns.local[at] = table * size + localRanks.of(endpoint.localAddress);
    columns.localPort[at] = endpoint.localPort;
    columns.remote[at] = remoteRanks.of(endpoint.remoteAddress);
    columns.remotePort[at] = endpoint.remotePort ?? 0;
    at += 1;
  }
  let order: Uint32Array = columns.local.map((_, row) => row);
  order = orderBy(order, columns.remotePort, ports);
  order = orderBy(order, columns.remote, size);
  order = orderBy(order, columns.localPort, ports);
  order = orderBy(order, columns.local, 4 * size);
  const sorted: Row[] = [];
  for (const place of order) {
    const row = rows[place];
    if (row !== undefined) sorted.push(row);
  }
  return sorted;
}
