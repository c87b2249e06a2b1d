// The columns of a batch as numbers, each in as few bytes as it may need, since a million of them
// go through a pipe: addresses and all that records have in common are numbered by those who know
// them.

export interface RecordColumns {
  /** Microseconds since the epoch. */
  readonly Time: Float64Array;
  /** -1 where there is none. */
  readonly LocalAddress: Int16Array;
  /** 0 where there is none. */
  readonly LocalPort: Uint16Array;
  /** -1 where there is none, and then there is no RemotePort. */
  readonly RemoteAddress: Int16Array;
  readonly RemotePort: Uint16Array;
  readonly LineNumber: Int32Array;
  readonly Template: Int16Array;
}

/** The ends of a record, as the columns have them; one object serves all of them. */
export interface Ends {
  localAddress: number;
  localPort: number;
  remoteAddress: number;
  remotePort: number;
}

export class GrowingColumns {
  readonly #columns: RecordColumns;
  #length = 0;

  constructor(size: number) {
    this.#columns = {
      Time: new Float64Array(size),
      LocalAddress: new Int16Array(size),
      LocalPort: new Uint16Array(size),
      RemoteAddress: new Int16Array(size),
      RemotePort: new Uint16Array(size),
      LineNumber: new Int32Array(size),
      Template: new Int16Array(size),
    };
  }

  get length(): number {
    return this.#length;
  }

  /** `time` in milliseconds since the epoch. */
  add(time: number, ends: Ends, lineNumber: number, template: number): void {
    const columns = this.#columns;
    const at = this.#length++;
    columns.Time[at] = Math.round(time * 1000);
    columns.LocalAddress[at] = ends.localAddress;
    columns.LocalPort[at] = ends.localPort;
    columns.RemoteAddress[at] = ends.remoteAddress;
    columns.RemotePort[at] = ends.remotePort;
    columns.LineNumber[at] = lineNumber;
    columns.Template[at] = template;
  }

  /** A copy of what is there; the next record is the first one again. */
  take(): RecordColumns {
    const columns = this.#columns;
    const end = this.#length;
    this.#length = 0;
    return {
      Time: columns.Time.slice(0, end),
      LocalAddress: columns.LocalAddress.slice(0, end),
      LocalPort: columns.LocalPort.slice(0, end),
      RemoteAddress: columns.RemoteAddress.slice(0, end),
      RemotePort: columns.RemotePort.slice(0, end),
      LineNumber: columns.LineNumber.slice(0, end),
      Template: columns.Template.slice(0, end),
    };
  }
}
