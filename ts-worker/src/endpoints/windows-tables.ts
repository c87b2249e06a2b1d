// Fetches the tables of open sockets, each in the best class that Windows grants: owner-module rows
// also let Windows say which service of a shared svchost.exe opened a socket.

import type { FilledBuffer } from '../../../native/windows/bytes.ts';
import { GrowingBuffer } from '../../../native/windows/growing-buffer.ts';
import {
  boundTables,
  type RowLayout,
  type TableLayouts,
  tables,
} from '../../../native/windows/socket-layout.ts';
import { Win32Error } from '../../../native/windows/win32-error.ts';
import { PortReporterError } from '../model/error.ts';

/** The calls of Windows that are needed here; the tests lay tables of their own behind them. */
export interface TableCalls {
  readSocketTable(layout: RowLayout, buffer: GrowingBuffer): FilledBuffer;
  readBoundTable(layout: RowLayout): FilledBuffer | null;
}

const sources = ['OwnerModule', 'OwnerPid'] as const;
export type Source = (typeof sources)[number];

export function chosenSources(source: string | null): readonly Source[] {
  if (source === null) return sources;
  const named = sources.filter((each) => each.toLowerCase() === source.toLowerCase());
  if (named.length > 0) return named;
  throw new PortReporterError(
    'PR_SOURCE_UNAVAILABLE',
    `'${source}' is no way to read sockets on Windows; there are ${sources.join(', ')}.`,
    { target: source },
  );
}

export interface FilledTable {
  readonly source: Source;
  readonly layout: RowLayout;
  readonly table: FilledBuffer;
}

export class SocketTables {
  readonly #calls: TableCalls;
  readonly #buffers = new Map<TableLayouts, GrowingBuffer>();

  constructor(calls: TableCalls) {
    this.#calls = calls;
  }

  /** A system can do without IPv6, but not without IPv4. */
  read(wanted: readonly Source[], notes: string[]): FilledTable[] {
    const filled: FilledTable[] = [];
    for (const table of tables) {
      const refusals: string[] = [];
      const read = this.#readBest(table, wanted, refusals);
      if (read !== null) filled.push(read);
      else if (table.ownerPid.family === 'IPv4') throw unavailable(wanted, refusals);
      notes.push(...refusals);
    }
    return filled;
  }

  /** Sockets that are bound and no more; without them the rest of the picture is still whole. */
  readBound(notes: string[]): FilledTable[] {
    return boundTables.flatMap((layout) => {
      try {
        const table = this.#calls.readBoundTable(layout);
        return table === null ? [] : [{ source: 'OwnerPid', layout, table }];
      } catch (error) {
        notes.push(reasonOf(error));
        return [];
      }
    });
  }

  #readBest(
    table: TableLayouts,
    wanted: readonly Source[],
    refusals: string[],
  ): FilledTable | null {
    for (const source of wanted) {
      const layout = source === 'OwnerModule' ? table.ownerModule : table.ownerPid;
      try {
        const filled = this.#calls.readSocketTable(layout, this.#bufferOf(table));
        return { source, layout, table: filled };
      } catch (error) {
        refusals.push(`${source}: ${reasonOf(error)}`);
      }
    }
    return null;
  }

  #bufferOf(table: TableLayouts): GrowingBuffer {
    let buffer = this.#buffers.get(table);
    if (buffer === undefined) {
      buffer = new GrowingBuffer(1 << 16);
      this.#buffers.set(table, buffer);
    }
    return buffer;
  }
}

/** Only a refusal by Windows lets another way be tried; a table that lies is an error at once. */
function reasonOf(error: unknown): string {
  if (error instanceof Win32Error) return error.message;
  throw error;
}

function unavailable(wanted: readonly Source[], refusals: readonly string[]): PortReporterError {
  return new PortReporterError(
    wanted.length > 1 ? 'PR_TABLE_UNREADABLE' : 'PR_SOURCE_UNAVAILABLE',
    `The tables of open sockets could not be read. ${refusals.join(' ')}`,
    { hint: '`netstat -ano` reads the same tables: does it work?' },
  );
}
