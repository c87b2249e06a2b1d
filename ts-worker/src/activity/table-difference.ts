// What changed between two readings of the tables. Endpoints are told apart by the kernel's cookie
// where there is one, else by their ends and their owner.

import type { EndpointChange } from '../model/change.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { isSameProcess, type Ownership } from '../model/process.ts';
import type { OwnedEndpoint } from '../snapshot/rows.ts';

export type Key = number | string;
export type Known = ReadonlyMap<Key, OwnedEndpoint>;

function keyOf({ endpoint, ownership }: OwnedEndpoint): Key {
  if (endpoint.cookie !== null) return endpoint.cookie;
  const { protocol, family, namespace, localAddress, localPort } = endpoint;
  const { remoteAddress, remotePort } = endpoint;
  const ends = `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
  // Listeners can share a port; a connection exists once, whoever owns it.
  const owner = remoteAddress === null ? ownership.owner?.pid : '';
  return `${protocol} ${family} ${namespace} ${ends} ${owner}`;
}

/** An endpoint that lost its holder is still known by it. */
function keepOwner(row: OwnedEndpoint, was: OwnedEndpoint | undefined): OwnedEndpoint {
  if (row.ownership.owner !== null || was?.ownership.owner == null) return row;
  return { ...row, ownership: { ...was.ownership, attribution: 'Cached' } };
}

/** The rows by their key, with what was known of them before. Rows that can't be told apart get a
 * number behind their key. */
export function byKey(rows: readonly OwnedEndpoint[], before: Known = new Map()): Known {
  const found = new Map<Key, OwnedEndpoint>();
  for (const row of rows) {
    let key = keyOf(row);
    for (let i = 2; found.has(key); i++) key = `${keyOf(row)} #${i}`;
    found.set(key, keepOwner(row, before.get(key)));
  }
  return found;
}

const sameEnds = (a: Endpoint, b: Endpoint): boolean =>
  a.state === b.state && a.remoteAddress === b.remoteAddress && a.remotePort === b.remotePort;

/** What nobody holds any more (TIME_WAIT) keeps its last owner. */
const isReattributed = (was: Ownership, now: Ownership): boolean =>
  now.owner !== null && !isSameProcess(was.owner, now.owner);

export function* differences(before: Known, after: Known, time: number): Generator<EndpointChange> {
  const tell = (
    kind: EndpointChange['kind'],
    { endpoint, ownership }: OwnedEndpoint,
    was: OwnedEndpoint | null,
  ): EndpointChange => ({
    kind,
    time,
    endpoint,
    ownership,
    previousState: kind === 'Changed' ? (was?.endpoint.state ?? null) : null,
    previousOwner: kind === 'Reattributed' ? (was?.ownership.owner ?? null) : null,
    source: 'Polling',
  });
  for (const [key, was] of before) {
    if (!after.has(key)) yield tell('Disappeared', was, null);
  }
  for (const [key, row] of after) {
    const was = before.get(key);
    if (was === undefined) yield tell('Appeared', row, null);
    else {
      if (!sameEnds(was.endpoint, row.endpoint)) yield tell('Changed', row, was);
      if (isReattributed(was.ownership, row.ownership)) yield tell('Reattributed', row, was);
    }
  }
}
