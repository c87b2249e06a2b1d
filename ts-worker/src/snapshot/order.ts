// The order in which rows leave the worker: TCP before UDP, IPv4 before IPv6, then by the numbers of
// local address, local port, remote address, remote port.

import { compareAddressBytes, parseAddress } from '../model/address.ts';
import type { Endpoint } from '../model/endpoint.ts';

/** Each address met, by its place in numeric order; no address comes before all others. */
function rankAddresses(endpoints: readonly Endpoint[]): Map<string | null, number> {
  const met = new Set<string>();
  for (const { localAddress, remoteAddress } of endpoints) {
    met.add(localAddress);
    if (remoteAddress !== null) met.add(remoteAddress);
  }
  const nothing = new Uint8Array();
  const parsed = [...met].map((text) => ({ text, bytes: parseAddress(text) ?? nothing }));
  parsed.sort((a, b) => compareAddressBytes(a.bytes, b.bytes) || a.text.localeCompare(b.text));
  const ranks = new Map<string | null, number>(parsed.map(({ text }, index) => [text, index + 1]));
  return ranks.set(null, 0);
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
  const ranks = rankAddresses(rows.map(({ endpoint }) => endpoint));
  const column = () => new Uint32Array(rows.length);
  const columns = { local: column(), localPort: column(), remote: column(), remotePort: column() };
  rows.forEach(({ endpoint }, row) => {
    const table = (endpoint.protocol === 'UDP' ? 2 : 0) + (endpoint.family === 'IPv6' ? 1 : 0);
    columns.local[row] = table * ranks.size + (ranks.get(endpoint.localAddress) ?? 0);
    columns.localPort[row] = endpoint.localPort;
    columns.remote[row] = ranks.get(endpoint.remoteAddress) ?? 0;
    columns.remotePort[row] = endpoint.remotePort ?? 0;
  });
  let order: Uint32Array = Uint32Array.from(rows.keys());
  order = orderBy(order, columns.remotePort, ports);
  order = orderBy(order, columns.remote, ranks.size);
  order = orderBy(order, columns.localPort, ports);
  order = orderBy(order, columns.local, 4 * ranks.size);
  return Array.from(order, (row) => rows[row]).filter((row) => row !== undefined);
}
