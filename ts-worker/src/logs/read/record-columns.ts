// The columns of a batch as numbers, each in as few bytes as it may need, since a million of them
// go through a pipe: addresses and all that records have in common are numbered by those who know
// them.

export interface RecordColumns {
  /** Microseconds since TimeBase. */
  readonly Time: Uint32Array;
  /** Microseconds since the epoch. */
  readonly TimeBase: number;
  /** -1 where there is none. */
  readonly LocalAddress: Int16Array;
  /** 0 where there is none. */
  readonly LocalPort: Uint16Array;
  /** -1 where there is none, and then there is no RemotePort. */
  readonly RemoteAddress: Int16Array;
  readonly RemotePort: Uint16Array;
  /** Lines since LineBase. */
  readonly LineNumber: Uint16Array;
  readonly LineBase: number;
  readonly Template: Int16Array;
}

/** The time of a record in microseconds since the epoch. */
export const timeAt = ({ Time, TimeBase }: RecordColumns, place: number): number =>
  TimeBase + (Time[place] ?? Number.NaN);

/** The ends of a record, as the columns have them; one object serves all of them. */
export interface Ends {
  localAddress: number;
  localPort: number;
  remoteAddress: number;
  remotePort: number;
}

/** How far a record may be from the first one. Its time may also be earlier: what happens on several
 * processors is not always written in its order. */
const farthestTime = 2 ** 31;
const farthestLine = 2 ** 16;

export class GrowingColumns {
  readonly #columns: Omit<RecordColumns, 'TimeBase' | 'LineBase'>;
  #timeBase = 0;
  #lineBase = 0;
  #length = 0;

  constructor(size: number) {
    this.#columns = {
      Time: new Uint32Array(size),
      LocalAddress: new Int16Array(size),
      LocalPort: new Uint16Array(size),
      RemoteAddress: new Int16Array(size),
      RemotePort: new Uint16Array(size),
      LineNumber: new Uint16Array(size),
      Template: new Int16Array(size),
    };
  }

  get length(): number {
    return this.#length;
  }

  /** `time` in milliseconds since the epoch. False, and nothing was added, where the record is too
   * far from the first: then these have to be taken. */
  add(time: number, ends: Ends, lineNumber: number, template: number): boolean {
    const micros = Math.round(time * 1000);
    if (this.#length === 0) {
      this.#timeBase = micros - farthestTime;
      this.#lineBase = lineNumber;
    }
    const sinceBase = micros - this.#timeBase;
    const lines = lineNumber - this.#lineBase;
    if (sinceBase < 0 || sinceBase >= 2 * farthestTime || lines >= farthestLine) return false;
    const columns = this.#columns;
    const at = this.#length++;
    columns.Time[at] = sinceBase;
    columns.LocalAddress[at] = ends.localAddress;
    columns.LocalPort[at] = ends.localPort;
    columns.RemoteAddress[at] = ends.remoteAddress;
    columns.RemotePort[at] = ends.remotePort;
    columns.LineNumber[at] = lines;
    columns.Template[at] = template;
    return true;
  }

  /** A copy of what is there; the next record is the first one again. */
  take(): RecordColumns {
    const columns = this.#columns;
    const end = this.#length;
    this.#length = 0;
    return {
      Time: columns.Time.slice(0, end),
      TimeBase: this.#timeBase,
      LocalAddress: columns.LocalAddress.slice(0, end),
      LocalPort: columns.LocalPort.slice(0, end),
      RemoteAddress: columns.RemoteAddress.slice(0, end),
      RemotePort: columns.RemotePort.slice(0, end),
      LineNumber: columns.LineNumber.slice(0, end),
      LineBase: this.#lineBase,
      Template: columns.Template.slice(0, end),
    };
  }
}
