// Which column stands where in a PR-PORTS: what its header names, else the genuine ten.

import { isEscaped, type LogHeader } from '../format/header-reader.ts';
import {
  columnsWithoutProcess,
  genuineColumns,
  ourColumns,
  type PortColumn,
} from '../format/port-columns.ts';

const allColumns: readonly PortColumn[] = [...genuineColumns, ...ourColumns];

export class Layout {
  /** True where names are percent-encoded. */
  readonly isEscaped: boolean;
  /** How many fields a record has. */
  readonly count: number;
  readonly #places = new Map<PortColumn, number>();

  constructor(header: LogHeader) {
    const names = header.columns ?? genuineColumns.map((name) => name.toLowerCase());
    for (const column of allColumns) {
      const place = names.indexOf(column.toLowerCase());
      if (place >= 0) this.#places.set(column, place);
    }
    this.isEscaped = isEscaped(header);
    this.count = names.length;
  }

  /** NaN where the file has no such column. */
  place(column: PortColumn): number {
    return this.#places.get(column) ?? Number.NaN;
  }

  has(column: PortColumn): boolean {
    return this.#places.has(column);
  }

  /** On Windows 2000, which does not tell whose a port is, records were shorter. */
  fits(count: number): boolean {
    return count === this.count || (!this.isEscaped && count === columnsWithoutProcess);
  }

  /** Runs of columns that are not among these, each from the first to the last place. */
  rangesWithout(columns: ReadonlySet<PortColumn>): (readonly [first: number, last: number])[] {
    const ranges: [number, number][] = [];
    const places = [...this.#places].filter(([column]) => !columns.has(column));
    for (const [, place] of places.sort(([, a], [, b]) => a - b)) {
      const last = ranges.at(-1);
      if (last?.[1] === place - 1) last[1] = place;
      else ranges.push([place, place]);
    }
    return ranges;
  }
}
