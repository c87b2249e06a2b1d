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

/** Numbers that sort as the rows do: whole numbers below 2^53, compared one after the other. */
export function sortEndpoints<Row extends { readonly endpoint: Endpoint }>(
  rows: readonly Row[],
): Row[] {
  const ranks = rankAddresses(rows.map(({ endpoint }) => endpoint));
  const local = new Float64Array(rows.length);
  const remote = new Float64Array(rows.length);
  const span = ranks.size + 1;
  for (const [index, { endpoint }] of rows.entries()) {
    const table = (endpoint.protocol === 'UDP' ? 2 : 0) + (endpoint.family === 'IPv6' ? 1 : 0);
    const localRank = ranks.get(endpoint.localAddress) ?? 0;
    local[index] = (table * span + localRank) * 65_536 + endpoint.localPort;
    const remoteRank = ranks.get(endpoint.remoteAddress) ?? 0;
    remote[index] = remoteRank * 65_536 + (endpoint.remotePort ?? 0);
  }
  const order = Uint32Array.from(rows.keys()).sort(
    (a, b) => (local[a] ?? 0) - (local[b] ?? 0) || (remote[a] ?? 0) - (remote[b] ?? 0) || a - b,
  );
  return Array.from(order, (index) => rows[index]).filter((row) => row !== undefined);
}
