// Endpoints as the conversation sends them: what many have in common is sent once, as a template;
// the rest goes as columns, with the number of each endpoint's template (docs/protocol.md).

import type { OpenSocket } from '../endpoints/source.ts';
import type { Ownership } from '../model/process.ts';
import type { OwnedEndpoint } from '../snapshot/snapshot.ts';
import { toIso } from '../time/iso.ts';

/** What an endpoint or a change says of its owner, under PowerShell's names. */
export function ownerProperties({ owner, sharedWith, attribution }: Ownership) {
  return {
    OwningProcess: owner?.pid ?? null,
    SharedWith: sharedWith,
    ProcessName: owner?.name ?? null,
    Path: owner?.path ?? null,
    CommandLine: owner?.commandLine ?? null,
    User: owner?.user ?? null,
    Services: owner?.services ?? null,
    ProcessStartTime: typeof owner?.startTime === 'number' ? toIso(owner.startTime) : null,
    Attribution: attribution,
    Modules: owner?.modules ?? null,
  };
}

/** Everything of a PortEndpoint but addresses and ports. */
function templateOf(socket: OpenSocket, ownership: Ownership) {
  return {
    Protocol: socket.protocol,
    AddressFamily: socket.family,
    State: socket.state,
    Namespace: socket.namespace,
    ...ownerProperties(ownership),
    ...(socket.service === null ? {} : { Services: [socket.service] }),
  };
}

export interface EndpointColumns {
  readonly LocalAddress: string[];
  readonly LocalPort: number[];
  readonly RemoteAddress: (string | null)[];
  readonly RemotePort: (number | null)[];
  readonly Template: number[];
  RemoteHostName?: (string | null)[];
}

export interface EndpointBatch {
  /** Templates that no earlier batch had; left out where there are none. */
  readonly templates?: readonly object[];
  readonly endpoints: EndpointColumns;
}

export type HostNameOf = (address: string) => string | null;

/** For two of one owner in one namespace. */
const haveOneTemplate = (a: OpenSocket, b: OpenSocket): boolean =>
  a.protocol === b.protocol &&
  a.family === b.family &&
  a.state === b.state &&
  a.service === b.service;

interface Numbered {
  readonly endpoint: OpenSocket;
  readonly number: number;
}

/** Numbers the templates of one answer. */
export class Templates {
  readonly #time: string;
  /** By owner and namespace: a handful, and searching it takes less than making a key. */
  readonly #known = new Map<Ownership, Map<string | null, Numbered[]>>();
  #count = 0;

  /** `time`: the moment of the snapshot, which stands on every endpoint. */
  constructor(time: string) {
    this.#time = time;
  }

  batch(rows: readonly OwnedEndpoint[], hostNameOf?: HostNameOf): EndpointBatch {
    const templates: object[] = [];
    const endpoints: EndpointColumns = {
      LocalAddress: rows.map(({ endpoint }) => endpoint.localAddress),
      LocalPort: rows.map(({ endpoint }) => endpoint.localPort),
      RemoteAddress: rows.map(({ endpoint }) => endpoint.remoteAddress),
      RemotePort: rows.map(({ endpoint }) => endpoint.remotePort),
      Template: rows.map((row) => this.#numberOf(row, templates)),
    };
    if (hostNameOf !== undefined) {
      const nameOf = (address: string | null) => (address === null ? null : hostNameOf(address));
      endpoints.RemoteHostName = endpoints.RemoteAddress.map(nameOf);
    }
    return templates.length === 0 ? { endpoints } : { templates, endpoints };
  }

  #numberOf({ endpoint, ownership }: OwnedEndpoint, templates: object[]): number {
    const ofOwner = take(this.#known, ownership, () => new Map<string | null, Numbered[]>());
    const alike = take(ofOwner, endpoint.namespace, () => []);
    for (const each of alike) if (haveOneTemplate(each.endpoint, endpoint)) return each.number;
    const number = this.#count++;
    alike.push({ endpoint, number });
    templates.push({ ...templateOf(endpoint, ownership), Time: this.#time });
    return number;
  }
}

/** What the map has, made where it has nothing. */
function take<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
