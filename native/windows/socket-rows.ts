// Walks the rows of a TCP or UDP table. A pure function over bytes: the tests lay tables by hand.

import type { FilledBuffer } from './bytes.ts';
import { moduleInfoSize, type RowLayout } from './socket-layout.ts';
import { unreadable } from './win32-error.ts';

/** One row; valid only until the walk goes on. Addresses are given as offsets into `view`. */
export class SocketRow {
  readonly layout: RowLayout;
  readonly view: DataView;
  offset = 0;

  constructor(layout: RowLayout, view: DataView) {
    this.layout = layout;
    this.view = view;
  }

  get state(): number {
    return this.view.getUint32(this.offset + this.layout.state, true);
  }
  get localAddress(): number {
    return this.offset + this.layout.localAddress;
  }
  get localScope(): number {
    return this.#scope(this.layout.localScope);
  }
  /** In network order in the low half of a DWORD; the high half may hold anything. */
  get localPort(): number {
    return this.view.getUint16(this.offset + this.layout.localPort);
  }
  get remoteAddress(): number {
    return this.offset + this.layout.remoteAddress;
  }
  get remoteScope(): number {
    return this.#scope(this.layout.remoteScope);
  }
  get remotePort(): number {
    return this.view.getUint16(this.offset + this.layout.remotePort);
  }
  get pid(): number {
    return this.view.getUint32(this.offset + this.layout.pid, true);
  }

  get remoteIsUnset(): boolean {
    const length = this.layout.family === 'IPv4' ? 4 : 16;
    for (let i = 0; i < length; i++)
      if (this.view.getUint8(this.remoteAddress + i) !== 0) return false;
    return this.remotePort === 0;
  }

  /** The row's own bytes, for a call that asks about it; null where it says nothing of a module. */
  copyWithModule(): Uint8Array | null {
    if (this.layout.moduleInfo < 0) return null;
    const start = this.view.byteOffset + this.offset;
    const row = new Uint8Array(this.view.buffer, start, this.layout.size);
    const info = row.subarray(this.layout.moduleInfo, this.layout.moduleInfo + moduleInfoSize);
    return info.some((byte) => byte !== 0) ? row.slice() : null;
  }

  /** The documentation says network order, but Windows stores the interface's number in host
   * order; .NET's IPGlobalProperties and System Informer read it so. */
  #scope(field: number): number {
    return field < 0 ? 0 : this.view.getUint32(this.offset + field, true);
  }
}

export function visitRows(
  table: FilledBuffer,
  layout: RowLayout,
  visit: (row: SocketRow) => void,
): void {
  table.check(0, 4);
  const count = table.view.getUint32(0, true);
  const needed = layout.firstRow + count * layout.size;
  if (count > 0 && needed > table.bytes.length) {
    throw unreadable(
      table.what,
      `${count} rows of ${layout.struct} take ${needed} bytes, but ${table.bytes.length} are there`,
    );
  }
  const row = new SocketRow(layout, table.view);
  for (let i = 0; i < count; i++) {
    row.offset = layout.firstRow + i * layout.size;
    visit(row);
  }
}
