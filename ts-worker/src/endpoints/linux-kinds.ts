// Numbers for the kinds of sockets that the kernel's records tell.

import { NamespaceNames } from './linux-namespaces.ts';
import { stateOf } from './linux-rows.ts';
import type { SocketColumns } from './socket-columns.ts';

export class LinuxKinds {
  readonly #columns: SocketColumns;
  readonly #names = new NamespaceNames();
  readonly #numbers = new Map<number, number>();
  #lastKey = -1;
  #lastNumber = 0;

  constructor(columns: SocketColumns) {
    this.#columns = columns;
  }

  /** `namespace` is an inode number, `state` one of include/net/tcp_states.h, below 16. */
  of(namespace: number, state: number, isUdp: boolean, isIPv4: boolean): number {
    const key = ((namespace * 16 + state) * 2 + Number(isUdp)) * 2 + Number(isIPv4);
    if (key !== this.#lastKey) {
      this.#lastNumber = this.#numbers.get(key) ?? this.#add(key, namespace, state, isUdp, isIPv4);
      this.#lastKey = key;
    }
    return this.#lastNumber;
  }

  #add(key: number, namespace: number, state: number, isUdp: boolean, isIPv4: boolean): number {
    const protocol = isUdp ? 'UDP' : 'TCP';
    const number = this.#columns.kindNumber({
      protocol,
      family: isIPv4 ? 'IPv4' : 'IPv6',
      state: stateOf(protocol, state),
      namespace: this.#names.of(namespace),
      service: null,
    });
    this.#numbers.set(key, number);
    return number;
  }
}
