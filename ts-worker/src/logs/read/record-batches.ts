// Records as the conversation sends them: what many have in common is a template, numbered from 0,
// and the rest goes as columns (docs/protocol.md has the same for changes). The template is found
// by the bytes of its fields, so that only the first record of each kind is read in full.

import type { PortColumn } from '../format/port-columns.ts';
import { readPortRecord } from '../format/port-record.ts';
import type { StatusRead } from '../format/status-line.ts';
import type { CutLine } from './cut-line.ts';
import { KnownAddresses, mostAddresses } from './known-addresses.ts';
import { KnownLines, type Stretches } from './known-lines.ts';
import type { Layout } from './layout.ts';
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
  #stretches: Stretches = new Int32Array();
  /** True where the last of the ranges goes to the end of the line. */
  #endsLine = false;
  readonly #known = new KnownLines();
  readonly #addresses = new KnownAddresses();
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
    this.#stretches = new Int32Array(2 * this.#ranges.length);
    this.#endsLine = this.#ranges.at(-1)?.[1] === layout.count - 1;
    this.#ends.setLayout(layout);
  }

  /** Throws BadField where the record can't be understood. */
  addRecord(line: CutLine, time: number, lineNumber: number, found: number | null): void {
    const ends = this.#ends.read(line);
    this.#add(time, ends, lineNumber, found ?? this.#learn(line, time));
  }

  /** The template of a line that has the same template, and so as many fields, as one before;
   * null where there is none, or nobody knows. To be asked before each record is added. */
  find(line: CutLine): number | null {
    this.#makeRoom();
    if (!this.#cut(line)) return null;
    const number = this.#known.find(line.block, this.#stretches, this.#seed(line));
    return number < 0 ? null : number;
  }

  #learn(line: CutLine, time: number): number {
    // Where a file has no column for the state, it is deduced from the remote end.
    let key = this.#ends.hasRemote(line) ? '' : 'L';
    for (const [first, last] of this.#ranges) key += `,${line.rawRange(first, last)}`;
    const number = this.#number(key, () => templateOf(readPortRecord(line, time), this.#file));
    if (this.#cut(line)) this.#known.add(line.block, this.#stretches, this.#seed(line), number);
    return number;
  }

  /** Finds what makes the template. The last of it has to go to the end of the line: two lines
   * that have the same bytes there have as many fields. */
  #cut(line: CutLine): boolean {
    const end = this.#ranges.length - 1;
    for (let index = 0; index <= end; index++) {
      const range = this.#ranges[index] ?? [0, 0];
      const last = index === end ? null : range[1];
      if (!line.stretch(this.#stretches, 2 * index, range[0], last)) return false;
    }
    return this.#endsLine;
  }

  /** As the key says it. */
  #seed(line: CutLine): number {
    return this.#ends.hasRemote(line) ? 0 : 1;
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
    this.#columns.add(time, ends, lineNumber, template);
    if (this.#columns.length >= this.#size) this.#close();
  }

  #close(): void {
    if (this.#columns.length === 0) return;
    const addresses = this.#addresses.takeFresh();
    this.#full.push({
      ...(this.#isRestart ? { restart: true } : {}),
      ...(this.#templates.length > 0 ? { templates: this.#templates } : {}),
      ...(addresses.length > 0 ? { addresses } : {}),
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
    this.#known.clear();
    this.#addresses.restart();
    this.#templates = [];
    this.#isRestart = true;
  }
}
