// Both ends of a record that has to be read in full (those of nearly all are the LineFront's).

import type { PortColumn } from '../format/port-columns.ts';
import { readAddress, readPort, readRemoteEnd } from '../format/port-record.ts';
import type { CutLine } from './cut-line.ts';
import type { KnownAddresses } from './known-addresses.ts';
import type { Layout } from './layout.ts';
import type { Ends } from './record-columns.ts';

/** What has no ends: a gap, or another status line. */
export const noEnds: Ends = { localAddress: -1, localPort: 0, remoteAddress: -1, remotePort: 0 };

export class RecordEnds {
  #places = { localPort: 0, localAddress: 0, remotePort: 0, remoteAddress: 0 };
  readonly #addresses: KnownAddresses;
  readonly #field = new Int32Array(2);
  readonly #ends: Ends = { ...noEnds };

  constructor(addresses: KnownAddresses) {
    this.#addresses = addresses;
  }

  setLayout(layout: Layout): void {
    this.#places = {
      localPort: layout.place('local port'),
      localAddress: layout.place('local IP address'),
      remotePort: layout.place('remote port'),
      remoteAddress: layout.place('remote IP address'),
    };
  }

  /** False where the line has no other end. */
  hasRemote(line: CutLine): boolean {
    return line.number(this.#places.remotePort) !== -1;
  }

  /** As readPortRecord() reads them, until the next call. Throws BadField. */
  read(line: CutLine): Ends {
    const ends = this.#ends;
    const places = this.#places;
    ends.localAddress = this.#address(line, places.localAddress, 'local IP address');
    ends.localPort = readPort(line.raw(places.localPort), 'local port');
    const { remotePort } = readRemoteEnd(
      line.raw(places.remotePort),
      line.raw(places.remoteAddress),
    );
    ends.remotePort = remotePort ?? 0;
    ends.remoteAddress =
      remotePort === null ? -1 : this.#address(line, places.remoteAddress, 'remote IP address');
    return ends;
  }

  #address(line: CutLine, place: number, column: PortColumn): number {
    if (!line.field(this.#field, 0, place)) readAddress(null, column); // throws
    return this.#addresses.number(line.block, this.#field[0] ?? 0, this.#field[1] ?? 0, column);
  }
}
