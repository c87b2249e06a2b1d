// The sockets of one reading of the tables, in columns of numbers: at fifty thousand sockets an object
// for each would take longer to make than the kernel takes to tell them all. What many sockets have in
// common (kind, address, list of holders) stands in a list once, and in the column by its place there.

import type { Endpoint } from '../model/endpoint.ts';
import type { Holder, OpenSocket } from './source.ts';

/** What an endpoint is apart from its ends. */
export interface SocketKind
  extends Pick<Endpoint, 'protocol' | 'family' | 'state' | 'namespace'>,
    Pick<OpenSocket, 'service'> {}

/** The places in `holderLists` of the two lists that are empty: nobody can hold such a socket; somebody
 * may, whom we can't see. */
export const heldByNobody = 0;
export const heldUnseen = 1;

const firstRoom = 1024;

function grown<Column extends Uint16Array | Uint32Array | Float64Array>(
  column: Column,
  make: new (length: number) => Column,
): Column {
  const larger = new make(2 * column.length);
  larger.set(column);
  return larger;
}

const sameKind = (a: SocketKind, b: SocketKind): boolean =>
  a.state === b.state &&
  a.protocol === b.protocol &&
  a.family === b.family &&
  a.namespace === b.namespace &&
  a.service === b.service;

export class SocketColumns implements Iterable<OpenSocket> {
  length = 0;
  readonly kinds: SocketKind[] = [];
  /** The first is no address: that of a remote end that is not there. */
  readonly addresses: (string | null)[] = [null];
  readonly holderLists: (readonly Holder[])[] = [[], []];
  /** Places in `kinds`. */
  kind = new Uint32Array(firstRoom);
  /** Places in `addresses`. */
  localAddress = new Uint32Array(firstRoom);
  localPort = new Uint16Array(firstRoom);
  remoteAddress = new Uint32Array(firstRoom);
  /** 0 where there is no remote address. */
  remotePort = new Uint16Array(firstRoom);
  /** 0 where the kernel has no name for the socket. */
  cookie = new Float64Array(firstRoom);
  /** Places in `holderLists`. */
  holders = new Uint32Array(firstRoom);

  readonly #kindNumbers = new Map<string, number>();
  readonly #addressNumbers = new Map<string, number>();
  readonly #holderNumbers = new Map<string, number>();

  static of(sockets: Iterable<OpenSocket>): SocketColumns {
    if (sockets instanceof SocketColumns) return sockets;
    const columns = new SocketColumns();
    for (const socket of sockets) {
      const place = columns.addEndpoint(socket, columns.#holdersNumber(socket));
      columns.cookie[place] = socket.cookie ?? 0;
    }
    return columns;
  }

  /** Makes room for one more and gives its place, where all columns are to be filled in. */
  add(): number {
    if (this.length === this.kind.length) this.#grow();
    return this.length++;
  }

  addEndpoint(endpoint: Endpoint & { readonly service?: string | null }, holders: number): number {
    const { remoteAddress, remotePort } = endpoint;
    const place = this.add();
    const last = this.kind[place - 1];
    const kind = { ...endpoint, service: endpoint.service ?? null };
    const known = last === undefined ? undefined : this.kinds[last];
    const isSame = last !== undefined && known !== undefined && sameKind(known, kind);
    this.kind[place] = isSame ? last : this.kindNumber(kind);
    this.localAddress[place] = this.addressNumber(endpoint.localAddress);
    this.localPort[place] = endpoint.localPort;
    this.remoteAddress[place] = remoteAddress === null ? 0 : this.addressNumber(remoteAddress);
    this.remotePort[place] = remotePort ?? 0;
    this.holders[place] = holders;
    return place;
  }

  kindNumber({ protocol, family, state, namespace, service }: SocketKind): number {
    const key = `${protocol} ${family} ${state} ${namespace} ${service}`;
    return numberOf(this.#kindNumbers, key, () =>
      this.kinds.push({ protocol, family, state, namespace, service }),
    );
  }

  addressNumber(text: string): number {
    return numberOf(this.#addressNumbers, text, () => this.addresses.push(text));
  }

  /** All of them. */
  places(): Uint32Array {
    const places = new Uint32Array(this.length);
    for (let place = 0; place < this.length; place++) places[place] = place;
    return places;
  }

  at(place: number): OpenSocket {
    const { protocol, family, state, namespace, service } = this.#kindAt(place);
    const remoteAddress = this.addresses[this.remoteAddress[place] ?? 0] ?? null;
    const holders = this.holders[place] ?? heldUnseen;
    return {
      protocol,
      family,
      localAddress: this.addresses[this.localAddress[place] ?? 0] ?? '',
      localPort: this.localPort[place] ?? 0,
      remoteAddress,
      remotePort: remoteAddress === null ? null : (this.remotePort[place] ?? 0),
      state,
      namespace,
      cookie: this.cookie[place] || null,
      holders: this.holderLists[holders] ?? [],
      ownerless: holders === heldByNobody,
      service,
    };
  }

  /** The last row takes the place. */
  remove(place: number): void {
    this.length -= 1;
    for (const column of this.#all()) column[place] = column[this.length] ?? 0;
  }

  /** Whether the socket has this state and these ends. */
  isLike(place: number, endpoint: Endpoint): boolean {
    return (
      this.localPort[place] === endpoint.localPort &&
      this.remotePort[place] === (endpoint.remotePort ?? 0) &&
      this.#kindAt(place).state === endpoint.state &&
      this.addresses[this.localAddress[place] ?? 0] === endpoint.localAddress &&
      this.addresses[this.remoteAddress[place] ?? 0] === endpoint.remoteAddress
    );
  }

  *[Symbol.iterator](): Generator<OpenSocket> {
    for (let place = 0; place < this.length; place++) yield this.at(place);
  }

  #kindAt(place: number): SocketKind {
    const kind = this.kinds[this.kind[place] ?? 0];
    if (kind === undefined) throw new RangeError(`There is no socket ${place}`);
    return kind;
  }

  #holdersNumber({ holders, ownerless }: OpenSocket): number {
    if (holders.length === 0) return ownerless ? heldByNobody : heldUnseen;
    const key = holders.map(({ pid, startTime }) => `${pid}/${startTime}`).join();
    return numberOf(this.#holderNumbers, key, () => this.holderLists.push(holders));
  }

  #all() {
    const { kind, localAddress, localPort, remoteAddress, remotePort, cookie, holders } = this;
    return [kind, localAddress, localPort, remoteAddress, remotePort, cookie, holders];
  }

  #grow(): void {
    this.kind = grown(this.kind, Uint32Array);
    this.localAddress = grown(this.localAddress, Uint32Array);
    this.localPort = grown(this.localPort, Uint16Array);
    this.remoteAddress = grown(this.remoteAddress, Uint32Array);
    this.remotePort = grown(this.remotePort, Uint16Array);
    this.cookie = grown(this.cookie, Float64Array);
    this.holders = grown(this.holders, Uint32Array);
  }
}

/** The number that a key has; `add` makes a place for a new one and gives the length after that. */
function numberOf(numbers: Map<string, number>, key: string, add: () => number): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = add() - 1;
    numbers.set(key, number);
  }
  return number;
}
