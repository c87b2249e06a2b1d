// Numbers for the addresses of the kernel's records. Text is made of each once; neighbours mostly have
// the same one.

import { AddressFormatter } from '../model/address.ts';
import type { SocketColumns } from './socket-columns.ts';

export class LinuxAddresses {
  readonly #columns: SocketColumns;
  readonly #formatter = new AddressFormatter();
  /** Of IPv4 addresses, by their bytes. */
  readonly #numbers = new Map<number, number>();
  #last = 0;
  #lastNumber = 0;

  constructor(columns: SocketColumns) {
    this.#columns = columns;
  }

  of(view: DataView, at: number, isIPv4: boolean, scope: number): number {
    if (!isIPv4) return this.#columns.addressNumber(this.#formatter.ipv6(view, at, scope));
    const bytes = view.getInt32(at);
    if (bytes !== this.#last || this.#lastNumber === 0) {
      this.#last = bytes;
      this.#lastNumber = this.#numbers.get(bytes) ?? this.#add(view, at, bytes);
    }
    return this.#lastNumber;
  }

  #add(view: DataView, at: number, bytes: number): number {
    const number = this.#columns.addressNumber(this.#formatter.ipv4(view, at));
    this.#numbers.set(bytes, number);
    return number;
  }
}
