// Endpoints as the conversation sends them: what many have in common is sent once, as a template;
// the rest goes as columns, with the number of each endpoint's template (docs/protocol.md).

import type { SocketKind } from '../endpoints/socket-columns.ts';
import type { Ownership } from '../model/process.ts';
import type { SnapshotRows } from '../snapshot/rows.ts';
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
function templateOf(socket: SocketKind, ownership: Ownership) {
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

/** Numbers the templates of one answer. */
export class Templates {
  readonly #time: string;
  /** By kind and list of holders. */
  readonly #known = new Map<number, number>();

  /** `time`: the moment of the snapshot, which stands on every endpoint. */
  constructor(time: string) {
    this.#time = time;
  }

  batch(rows: SnapshotRows, hostNameOf?: HostNameOf): EndpointBatch {
    const { sockets } = rows;
    const { addresses } = sockets;
    const templates: object[] = [];
    const endpoints: EndpointColumns = {
      LocalAddress: [],
      LocalPort: [],
      RemoteAddress: [],
      RemotePort: [],
      Template: [],
    };
    for (const place of rows.places) {
      const remote = addresses[sockets.remoteAddress[place] ?? 0] ?? null;
      endpoints.LocalAddress.push(addresses[sockets.localAddress[place] ?? 0] ?? '');
      endpoints.LocalPort.push(sockets.localPort[place] ?? 0);
      endpoints.RemoteAddress.push(remote);
      endpoints.RemotePort.push(remote === null ? null : (sockets.remotePort[place] ?? 0));
      endpoints.Template.push(this.#numberOf(rows, place, templates));
    }
    if (hostNameOf !== undefined) {
      const nameOf = (address: string | null) => (address === null ? null : hostNameOf(address));
      endpoints.RemoteHostName = endpoints.RemoteAddress.map(nameOf);
    }
    return templates.length === 0 ? { endpoints } : { templates, endpoints };
  }

  #numberOf(rows: SnapshotRows, place: number, templates: object[]): number {
    const { kind, kinds, holders } = rows.sockets;
    const number = kind[place] ?? 0;
    const key = (holders[place] ?? 0) * kinds.length + number;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const about = kinds[number];
    if (about === undefined) throw new RangeError(`There is no socket ${place}`);
    templates.push({ ...templateOf(about, rows.ownershipAt(place)), Time: this.#time });
    this.#known.set(key, this.#known.size);
    return this.#known.size - 1;
  }
}
