// The rows of a snapshot: places in the columns of the sockets, in an order, and who owns what. Whoever
// wants an object for each gets it when it is that one's turn.

import type { SocketColumns } from '../endpoints/socket-columns.ts';
import type { OpenSocket } from '../endpoints/source.ts';
import type { Ownership } from '../model/process.ts';

export interface OwnedEndpoint {
  readonly endpoint: OpenSocket;
  readonly ownership: Ownership;
}

export class SnapshotRows implements Iterable<OwnedEndpoint> {
  readonly sockets: SocketColumns;
  readonly places: Uint32Array;
  /** By the number of the list of holders. */
  readonly ownerships: readonly Ownership[];

  constructor(sockets: SocketColumns, places: Uint32Array, ownerships: readonly Ownership[]) {
    this.sockets = sockets;
    this.places = places;
    this.ownerships = ownerships;
  }

  get length(): number {
    return this.places.length;
  }

  ownershipAt(place: number): Ownership {
    const ownership = this.ownerships[this.sockets.holders[place] ?? 0];
    if (ownership === undefined) throw new RangeError(`There is no socket ${place}`);
    return ownership;
  }

  row(place: number): OwnedEndpoint {
    return { endpoint: this.sockets.at(place), ownership: this.ownershipAt(place) };
  }

  /** The same sockets in another order, or some of them. */
  at(places: Uint32Array): SnapshotRows {
    return new SnapshotRows(this.sockets, places, this.ownerships);
  }

  slice(begin: number, end: number): SnapshotRows {
    return this.at(this.places.subarray(begin, end));
  }

  *endpoints(): Generator<OpenSocket> {
    for (const place of this.places) yield this.sockets.at(place);
  }

  *[Symbol.iterator](): Generator<OwnedEndpoint> {
    for (const place of this.places) yield this.row(place);
  }
}
