// Records as the conversation sends them: what many have in common is a template, numbered from 0,
// and the rest goes as columns (docs/protocol.md has the same for changes). The template is found
// by the bytes of its fields, so that only the first record of each kind is read in full.

import type { PortColumn } from '../format/port-columns.ts';
import { readPortRecord } from '../format/port-record.ts';
import type { StatusRead } from '../format/status-line.ts';
import type { CutLine } from './cut-line.ts';
import { KnownAddresses, mostAddresses } from './known-addresses.ts';
import { type Field, KnownTails } from './known-tails.ts';
import type { Layout } from './layout.ts';
import { hasUsualFront, LineFront } from './line-front.ts';
import { type Ends, GrowingColumns } from './record-columns.ts';
import { noEnds, RecordEnds } from './record-ends.ts';
import {
  type RecordBatch,
  type RecordTemplate,
  statusTemplate,
  templateOf,
} from './record-template.ts';

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
/** Characters of all templates: names can be made up that are as long as a line may be. */
const mostText = 8 << 20;

/** Makes the batches of one file. */
export class RecordBatches {
  readonly #file: string;
  readonly #size: number;
  readonly #numbers = new Map<string, number>();
  #text = 0;
  #ranges: readonly (readonly [first: number, last: number])[] = [];
  readonly #tails = new KnownTails();
  readonly #addresses = new KnownAddresses();
  readonly #front = new LineFront(this.#addresses);
  #hasUsualFront = false;
  /** True while the front is that of the line that was looked for last. */
  #isUsual = false;
  /** The column of the time (UTC), and where it is in the line that is learned. */
  #utcPlace = Number.NaN;
  readonly #utc = new Int32Array(2);
  readonly #ends = new RecordEnds(this.#addresses);
  readonly #columns: GrowingColumns;
  #templates: RecordTemplate[] = [];
  #isRestart = true;
  #full: RecordBatch[] = [];

  /** `size`: so many records make a batch. */
  constructor(file: string, size: number) {
    this.#file = file;
    this.#size = size;
    this.#columns = new GrowingColumns(size);
  }

  /** For the records from here on. */
  setLayout(layout: Layout): void {
    this.#close();
    this.#restart(); // the same text may mean something else
    this.#ranges = layout.rangesWithout(ownColumns);
    this.#hasUsualFront = hasUsualFront(layout);
    this.#utcPlace = layout.place('time (UTC)');
    this.#ends.setLayout(layout);
  }

  /** The template of a line that ends as one before, and so has as many fields; null where there is
   * none, or nobody knows. To be asked before each record is added. */
  find(line: CutLine): number | null {
    this.#makeRoom();
    this.#isUsual = this.#hasUsualFront && this.#front.read(line.block, line.from, line.to);
    if (!this.#isUsual) return null;
    const { tail } = this.#front;
    const known = this.#tails.find(tail);
    if (known === null) return null;
    if (known.timeLength > 0)
      line.tell(this.#utcPlace, tail.from + known.head, tail.to - known.end);
    return known.number;
  }

  /** Throws BadField where the record can't be understood. */
  addRecord(line: CutLine, time: number, lineNumber: number, found: number | null): void {
    const ends = this.#isUsual ? this.#front.ends : this.#ends.read(line);
    this.#add(time, ends, lineNumber, found ?? this.#learn(line, time));
  }

  #learn(line: CutLine, time: number): number {
    // Where a file has no column for the state, it is deduced from the remote end.
    let key = this.#ends.hasRemote(line) ? '' : 'L';
    for (const [first, last] of this.#ranges) key += `,${line.rawRange(first, last)}`;
    const number = this.#number(key, () => templateOf(readPortRecord(line, time), this.#file));
    if (this.#isUsual) this.#tails.add(this.#front.tail, this.#utcOf(line), number);
    return number;
  }

  /** Empty, at the end of the line, where it has none. */
  #utcOf(line: CutLine): Field {
    const utc = this.#utc.fill(line.to);
    line.field(utc, 0, this.#utcPlace);
    const [from = line.to, to = line.to] = utc;
    return { from, to };
  }

  addStatus(status: StatusRead, lineNumber: number): void {
    this.#makeRoom();
    const key = `# ${status.kind} ${status.count} ${status.reason}`;
    const template = this.#number(key, () => statusTemplate(status, this.#file));
    this.#add(status.time, noEnds, lineNumber, template);
  }

  /** Batches that are full, and with `isAll` what has come together since. */
  take(isAll: boolean): RecordBatch[] {
    if (isAll) this.#close();
    return this.#full.splice(0);
  }

  #number(key: string, make: () => RecordTemplate): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#templates.push(make());
      number = this.#numbers.size;
      this.#numbers.set(key, number);
      this.#text += key.length;
    }
    return number;
  }

  #add(time: number, ends: Ends, lineNumber: number, template: number): void {
    if (!this.#columns.add(time, ends, lineNumber, template)) {
      this.#close();
      this.#columns.add(time, ends, lineNumber, template);
    }
    if (this.#columns.length >= this.#size) this.#close();
  }

  #close(): void {
    if (this.#columns.length === 0) return;
    const addresses = this.#addresses.takeFresh();
    this.#full.push({
      ...(this.#isRestart ? { restart: true } : {}),
      ...(this.#templates.length > 0 ? { templates: this.#templates } : {}),
      ...(addresses === null ? {} : { addresses }),
      records: this.#columns.take(),
    });
    this.#templates = [];
    this.#isRestart = false;
  }

  /** Begins to number again where there is too much, also of lines that turned out to be bad. */
  #makeRoom(): void {
    const isTooMuch =
      this.#numbers.size >= mostTemplates ||
      this.#addresses.count >= mostAddresses ||
      this.#text >= mostText;
    if (!isTooMuch) return;
    this.#close();
    this.#restart();
  }

  #restart(): void {
    this.#numbers.clear();
    this.#text = 0;
    this.#tails.clear();
    this.#addresses.restart();
    this.#templates = [];
    this.#isRestart = true;
  }
}
