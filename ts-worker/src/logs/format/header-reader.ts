// Reads the beginning of a file line by line, of Port Reporter 1.x and of ours: both white space
// and order may differ, and what it does not know it leaves to the caller.

import { unescapeText } from './escape.ts';
import type { LogKind } from './file-name.ts';
import { type Offset, parseOffset, parseSystemDate, type WallTime } from './wall-time.ts';

export interface LogHeader {
  readonly kind: LogKind | null;
  /** `1.01`, `2.0`; null where the file has no header. */
  readonly version: string | null;
  readonly offset: Offset | null;
  /** The names behind `Log format:`, in small letters. */
  readonly columns: readonly string[] | null;
  /** The PR-PIDS that a PR-PORTS belongs to. */
  readonly processLog: string | null;
  /** The PR-INITIAL that a PR-PORTS continues. */
  readonly initialLog: string | null;
  readonly systemDate: WallTime | null;
  readonly computerName: string | null;
  readonly operatingSystem: string | null;
}

export const noHeader: LogHeader = {
  kind: null,
  version: null,
  offset: null,
  columns: null,
  processLog: null,
  initialLog: null,
  systemDate: null,
  computerName: null,
  operatingSystem: null,
};

/** What a line says of the header. */
type LineReader = (value: string, header: LogHeader) => Partial<LogHeader>;

const titles: Readonly<Record<string, LogKind>> = {
  'port usage log': 'PR-PORTS',
  'status log': 'PR-STATUS',
  'service initialization log': 'PR-INITIAL',
  'process detail log': 'PR-PIDS',
};

const readTitle: LineReader = (title, { kind }) => ({
  kind: titles[title.trim().toLowerCase()] ?? kind,
});

/** True where names in the file are percent-encoded: a genuine `a%20b.exe` stays itself. */
export const isEscaped = ({ version }: LogHeader): boolean =>
  version !== null && Number.parseInt(version, 10) >= 2;

const textOf = (text: string, header: LogHeader): string =>
  isEscaped(header) ? unescapeText(text) : text;

const readers: readonly (readonly [pattern: RegExp, read: LineReader])[] = [
  [/^(Service initialization log|Process detail log)\s*$/i, readTitle],
  [/^Check (\S+) for corresponding process data\s*$/i, (processLog) => ({ processLog })],
  [/^Continues (\S+)\s*$/i, (initialLog) => ({ initialLog })],
  [/^UTC offset:\s*(\S+)\s*$/i, (text) => ({ offset: parseOffset(text) })],
  [/^System Date:\s*(.*)$/i, (text) => ({ systemDate: parseSystemDate(text) })],
  [/^Operating System: ?(.*)$/i, (text, header) => ({ operatingSystem: textOf(text, header) })],
];

/** Labels whose value stands on the next line that is not empty. */
const announcers: readonly (readonly [pattern: RegExp, read: LineReader])[] = [
  [
    /^Log format:\s*$/i,
    (names) => ({ columns: names.split(',').map((name) => name.trim().toLowerCase()) }),
  ],
  [
    /^Local computer name:\s*$/i,
    (name, header) => ({ computerName: textOf(name.replace(/^ /, ''), header) }),
  ],
];

const firstLine = /^Port Reporter Version (\S+) Log File(?:\s+-\s+(.*))?$/i;

export const isFirstLine = (line: string): boolean => firstLine.test(line);

export class HeaderReader {
  #header = noHeader;
  #awaited: LineReader | null = null;

  get header(): LogHeader {
    return this.#header;
  }

  /** False where the line is not part of a header. An empty line may stand anywhere. */
  take(line: string): boolean {
    if (line.trim() === '') return true;
    const first = firstLine.exec(line);
    if (first !== null) return this.#begin(first[1] ?? '', first[2] ?? '');
    if (this.#awaited !== null) return this.#learn(this.#awaited, line);
    const announced = announcers.find(([pattern]) => pattern.test(line));
    if (announced !== undefined) {
      this.#awaited = announced[1];
      return true;
    }
    for (const [pattern, read] of readers) {
      const match = pattern.exec(line);
      if (match !== null) return this.#learn(read, match[1] ?? '');
    }
    return false;
  }

  /** Files may have been joined: each begins with a header of its own. */
  #begin(version: string, title: string): true {
    this.#header = { ...noHeader, version };
    return this.#learn(readTitle, title);
  }

  #learn(read: LineReader, value: string): true {
    this.#awaited = null;
    this.#header = { ...this.#header, ...read(value, this.#header) };
    return true;
  }
}
