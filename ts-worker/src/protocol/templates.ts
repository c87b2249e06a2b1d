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

const haveOneTemplate = (a: OpenSocket, b: OpenSocket): boolean =>
  a.protocol === b.protocol &&
  a.family === b.family &&
  a.state === b.state &&
  a.namespace === b.namespace &&
  a.service === b.service;

/** Numbers the templates of one answer. */
export class Templates {
  readonly #time: string;
  readonly #numbers = new Map<Ownership, Map<string, number>>();
  #count = 0;
  #last: OwnedEndpoint | null = null;
  #lastNumber = 0;

  /** `time`: the moment of the snapshot, which stands on every endpoint. */
  constructor(time: string) {
    this.#time = time;
  }

  batch(rows: readonly OwnedEndpoint[], hostNameOf?: HostNameOf): EndpointBatch {
    const templates: object[] = [];
    const endpoints: EndpointColumns = {
      LocalAddress: [],
      LocalPort: [],
      RemoteAddress: [],
      RemotePort: [],
      Template: [],
    };
    for (const row of rows) {
      const { endpoint } = row;
      endpoints.LocalAddress.push(endpoint.localAddress);
      endpoints.LocalPort.push(endpoint.localPort);
      endpoints.RemoteAddress.push(endpoint.remoteAddress);
      endpoints.RemotePort.push(endpoint.remotePort);
      endpoints.Template.push(this.#number(row, templates));
    }
    if (hostNameOf !== undefined) {
      const nameOf = (address: string | null) => (address === null ? null : hostNameOf(address));
      endpoints.RemoteHostName = endpoints.RemoteAddress.map(nameOf);
    }
    return templates.length === 0 ? { endpoints } : { templates, endpoints };
  }

  /** Rows come in order, so the next one mostly has the template of the last one. */
  #number({ endpoint, ownership }: OwnedEndpoint, templates: object[]): number {
    const last = this.#last;
    if (last?.ownership !== ownership || !haveOneTemplate(last.endpoint, endpoint)) {
      this.#last = { endpoint, ownership };
      this.#lastNumber = this.#lookUp(endpoint, ownership, templates);
    }
    return this.#lastNumber;
  }

  #lookUp(endpoint: OpenSocket, ownership: Ownership, templates: object[]): number {
    const numbers = this.#numbers.get(ownership) ?? new Map<string, number>();
    this.#numbers.set(ownership, numbers);
    const { protocol, family, state, namespace, service } = endpoint;
    const key = `${protocol}${family}${state}${namespace}/${service}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#count++;
      numbers.set(key, number);
      templates.push({ ...templateOf(endpoint, ownership), Time: this.#time });
    }
    return number;
  }
}
