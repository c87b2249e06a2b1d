// What a network namespace is called on a row: `default` for the one PortReporter itself runs in,
// else the name that `ip netns` gave it, else its inode number.

import { ownNetworkNamespace, readNamespaceNames } from '../../../native/linux/namespaces.ts';

export class NamespaceNames {
  readonly #names = readNamespaceNames();

  constructor() {
    this.#names.set(ownNetworkNamespace(), 'default');
  }

  has(inode: number): boolean {
    return this.#names.has(inode);
  }

  of(inode: number): string {
    let name = this.#names.get(inode);
    if (name === undefined) {
      name = String(inode);
      this.#names.set(inode, name);
    }
    return name;
  }
}
