// Records as the conversation sends them: what many have in common is a template, numbered from 0,
// and the rest goes as columns (docs/protocol.md has the same for changes). The template is found
// by the raw text of its fields, so that only the first record of each kind is read in full.
//
// A batch goes to PowerShell as it is.

import { toIso } from '../../time/iso.ts';
import type { PortColumn } from '../format/port-columns.ts';
import { readAddress, readPort, readPortRecord, readRemoteEnd } from '../format/port-record.ts';
import type { StatusRead } from '../format/status-line.ts';
import type { CutLine } from './cut-line.ts';
import { KnownLines, type Stretches } from './known-lines.ts';
import type { Layout } from './layout.ts';
import {
  type RecordBatch,
  type RecordColumns,
  type RecordTemplate,
  statusTemplate,
  templateOf,
} from './record-template.ts';

const newColumns = (): RecordColumns => ({
  Time: [],
  LocalAddress: [],
  LocalPort: [],
  RemoteAddress: [],
  RemotePort: [],
  LineNumber: [],
  Template: [],
});

/** What differs from record to record; all other columns make the template. */
const ownColumns: ReadonlySet<PortColumn> = new Set<PortColumn>([
  'date',
  'time',
  'local port',
  'local IP address',
  'remote port',
  'remote IP address',
  'time (UTC)',
]);

const mostTemplates = 4096;

interface Ends {
  readonly localAddress: string | null;
  readonly localPort: number | null;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
}

const noEnds: Ends = { localAddress: null, localPort: null, remoteAddress: null, remotePort: null };

interface EndPlaces {
  readonly localPort: number;
  readonly localAddress: number;
  readonly remotePort: number;
  readonly remoteAddress: number;
}

const placesOf = (layout: Layout): EndPlaces => ({
  localPort: layout.place('local port'),
  localAddress: layout.place('local IP address'),
  remotePort: layout.place('remote port'),
  remoteAddress: layout.place('remote IP address'),
});

/** As readPortRecord() reads them; numbers are taken from the bytes where that can be done. */
function readEnds(line: CutLine, places: EndPlaces): Ends {
  const localAddress = readAddress(line.raw(places.localAddress), 'local IP address');
  const port = line.number(places.localPort);
  const localPort = isPort(port) ? port : readPort(line.raw(places.localPort), 'local port');
  const remotePort = line.number(places.remotePort);
  const remote = isPort(remotePort)
    ? {
        remoteAddress: readAddress(line.raw(places.remoteAddress), 'remote IP address'),
        remotePort,
      }
    : readRemoteEnd(line.raw(places.remotePort), line.raw(places.remoteAddress));
  return { localAddress, localPort: localPort === 0 ? null : localPort, ...remote };
}

const isPort = (value: number): boolean => value >= 0 && value <= 65_535;

/** Makes the batches of one file. */
export class RecordBatches {
  readonly #file: string;
  readonly #size: number;
  readonly #numbers = new Map<string, number>();
  #ranges: readonly (readonly [first: number, last: number])[] = [];
  #stretches: Stretches = new Int32Array();
  readonly #known = new KnownLines();
  #places: EndPlaces = { localPort: 0, localAddress: 0, remotePort: 0, remoteAddress: 0 };
  #columns = newColumns();
  #templates: RecordTemplate[] = [];
  #isRestart = true;
  #full: RecordBatch[] = [];
  #second = Number.NaN;
  #secondText = '';

  /** `size`: so many records make a batch. */
  constructor(file: string, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** For the records from here on. */
  setLayout(layout: Layout): void {
    this.#close();
    this.#restart(); // the same text may mean something else
    this.#ranges = layout.rangesWithout(ownColumns);
    this.#stretches = new Int32Array(2 * this.#ranges.length);
    this.#places = placesOf(layout);
  }

  /** Throws BadField where the record can't be understood. */
  addRecord(line: CutLine, time: number, lineNumber: number, found: number | null): void {
    const ends = readEnds(line, this.#places);
    this.#add(time, ends, lineNumber, found ?? this.#learn(line, time, ends));
  }

  /** The template of a line that has the same template, and so as many fields, as one before;
   * null where there is none, or nobody knows. */
  find(line: CutLine): number | null {
    if (!this.#cut(line)) return null;
    const number = this.#known.find(line.block, this.#stretches, this.#seed(line));
    return number < 0 ? null : number;
  }

  #learn(line: CutLine, time: number, ends: Ends): number {
    // Where a file has no column for the state, it is deduced from the remote end.
    let key = ends.remotePort === null ? 'L' : '';
    for (const [first, last] of this.#ranges) key += `,${line.rawRange(first, last)}`;
    const number = this.#number(key, () => templateOf(readPortRecord(line, time), this.#file));
    if (this.#cut(line)) this.#known.add(line.block, this.#stretches, this.#seed(line), number);
    return number;
  }

  /** Finds what makes the template. The last of it has to go to the end of the line: two lines
   * that have the same bytes there have as many fields. */
  #cut(line: CutLine): boolean {
    const end = this.#ranges.length - 1;
    if (this.#ranges[end]?.[1] !== line.layout.count - 1) return false;
    for (const [index, [first, last]] of this.#ranges.entries()) {
      const to = index === end ? null : last;
      if (!line.stretch(this.#stretches, 2 * index, first, to)) return false;
    }
    return true;
  }

  /** As the key says it. */
  #seed(line: CutLine): number {
    return line.number(this.#places.remotePort) === -1 ? 1 : 0;
  }

  addStatus(status: StatusRead, lineNumber: number): void {
    const key = `# ${status.kind} ${status.count} ${status.reason}`;
    const template = this.#number(key, () => statusTemplate(status, this.#file));
    this.#add(status.time, noEnds, lineNumber, template);
  }

  /** What has come together since the last call. */
  take(): RecordBatch[] {
    this.#close();
    return this.#full.splice(0);
  }

  #number(key: string, make: () => RecordTemplate): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#templates.push(make());
      number = this.#numbers.size;
      this.#numbers.set(key, number);
    }
    return number;
  }

  #add(time: number, ends: Ends, lineNumber: number, template: number): void {
    const columns = this.#columns;
    columns.Time.push(this.#isoText(time));
    columns.LocalAddress.push(ends.localAddress);
    columns.LocalPort.push(ends.localPort);
    columns.RemoteAddress.push(ends.remoteAddress);
    columns.RemotePort.push(ends.remotePort);
    columns.LineNumber.push(lineNumber);
    columns.Template.push(template);
    if (columns.Time.length >= this.#size) this.#close();
  }

  /** As toIso(), whose answer many records share but for the end. */
  #isoText(time: number): string {
    const micros = Math.round(time * 1000);
    const second = Math.floor(micros / 1e6);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = toIso(second * 1000).slice(0, -'000000+00:00'.length);
    }
    return `${this.#secondText}${String(micros - second * 1e6).padStart(6, '0')}+00:00`;
  }

  #close(): void {
    if (this.#columns.Time.length === 0) return;
    this.#full.push({
      ...(this.#isRestart ? { restart: true } : {}),
      ...(this.#templates.length > 0 ? { templates: this.#templates } : {}),
      records: this.#columns,
    });
    this.#columns = newColumns();
    this.#templates = [];
    this.#isRestart = false;
    if (this.#numbers.size >= mostTemplates) this.#restart();
  }

  #restart(): void {
    this.#numbers.clear();
    this.#known.clear();
    this.#isRestart = true;
  }
}
