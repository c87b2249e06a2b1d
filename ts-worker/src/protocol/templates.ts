// Endpoints as the conversation sends them: what many have in common is sent once, as a template;
// the rest goes as columns of numbers (docs/protocol.md).

import type { SocketColumns, SocketKind } from '../endpoints/socket-columns.ts';
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
  /** Places in the list of all addresses of the answer. */
  readonly LocalAddress: Int32Array;
  readonly LocalPort: Uint16Array;
  /** -1 where there is none, and then there is no RemotePort. */
  readonly RemoteAddress: Int32Array;
  readonly RemotePort: Uint16Array;
  readonly Template: Int32Array;
}

export interface EndpointBatch {
  /** What no earlier batch had, an address a line; left out where there is nothing. */
  readonly part: { readonly templates?: readonly object[]; readonly addresses?: string };
  readonly columns: EndpointColumns;
}

/** Numbers the templates and addresses of one answer. */
export class Templates {
  readonly #time: string;
  /** By kind and list of holders. */
  readonly #known = new Map<number, number>();
  /** One more than the number of each address of the snapshot; 0 where it was not said yet. */
  #said = new Uint32Array();
  #addresses = 0;

  /** `time`: the moment of the snapshot, which stands on every endpoint. */
  constructor(time: string) {
    this.#time = time;
  }

  /** Of rows of one snapshot. */
  batch(rows: SnapshotRows): EndpointBatch {
    const { sockets, places } = rows;
    const { length } = places;
    const templates: object[] = [];
    const addresses: string[] = [];
    const columns: EndpointColumns = {
      LocalAddress: new Int32Array(length),
      LocalPort: new Uint16Array(length),
      RemoteAddress: new Int32Array(length),
      RemotePort: new Uint16Array(length),
      Template: new Int32Array(length),
    };
    for (let row = 0; row < length; row++) {
      const place = places[row] ?? 0;
      const local = sockets.localAddress[place] ?? 0;
      const remote = sockets.remoteAddress[place] ?? 0;
      columns.LocalAddress[row] = this.#addressOf(sockets, local, addresses);
      columns.LocalPort[row] = sockets.localPort[place] ?? 0;
      columns.RemoteAddress[row] = this.#addressOf(sockets, remote, addresses);
      columns.RemotePort[row] = sockets.remotePort[place] ?? 0;
      columns.Template[row] = this.#numberOf(rows, place, templates);
    }
    const part = {
      ...(templates.length > 0 ? { templates } : {}),
      ...(addresses.length > 0 ? { addresses: addresses.join('\n') } : {}),
    };
    return { part, columns };
  }

  /** -1 for no address; `fresh` gets what was not said before. */
  #addressOf({ addresses }: SocketColumns, number: number, fresh: string[]): number {
    const text = addresses[number] ?? null;
    if (text === null) return -1;
    if (this.#said.length === 0) this.#said = new Uint32Array(addresses.length);
    if (this.#said[number] === 0) {
      fresh.push(text);
      this.#said[number] = ++this.#addresses;
    }
    return (this.#said[number] ?? 0) - 1;
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
