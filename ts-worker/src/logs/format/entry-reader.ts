// Reads the blocks of PR-INITIAL and the entries of PR-PIDS line by line. Of the genuine ones not
// every line is known: there, what is not understood is passed over; in ours it is an error.

import { readEndpointRow } from './endpoint-row.ts';
import { EntryDraft, type ReadEntry } from './entry-draft.ts';
import { highestPid } from './port-record.ts';
import { endOfLog } from './process-entry.ts';
import { parseRecordStamp, type WallTime } from './wall-time.ts';

/** More than one machine has at a time: what a made-up table holds must fit into memory. */
const mostProcesses = 100_000;

export type BadLineListener = (lineNumber: number, expected: string, came: string) => void;

const titleLine = /^\s*Process ID:\s*(\d{1,10})\s*\((.*)\)\s*$/;
const stampLine = /^(?:.*[:\s])?(\d{1,4}\/\d{1,2}\/\d{1,2},\d{1,2}:\d{1,2}:\d{1,2})\s*$/;
const tableLine = /^\s*(\d{1,10}):(.*)\s((?:TCP|UDP)\s+\d.*)$/;
const separatorLine = /^=+\s*$/;

/** They say nothing that the blocks do not say. */
const otherLine = new RegExp(
  `^(${[
    'TCP/UDP Port to Process Mappings',
    String.raw`\d+ mappings found`,
    String.raw`PID(:Process)?\s+Port\s.*`,
    'Port Statistics',
    String.raw`(TCP|UDP) mappings:\s*\d+`,
    'TCP ports in an? .*%',
    'Port and Module Information by Process',
  ].join('|')})?\\s*$`,
);

export class EntryReader {
  readonly #isEscaped: boolean;
  readonly #bad: BadLineListener;
  /** Processes of the table that had no block yet. */
  readonly #table = new Map<number, EntryDraft>();
  #draft: EntryDraft | null = null;
  #stamp: WallTime | null = null;
  #lineNumber = 0;
  /** True once the line that ends a log was met. */
  isEnded = false;

  constructor(isEscaped: boolean, bad: BadLineListener) {
    this.#isEscaped = isEscaped;
    this.#bad = bad;
  }

  /** Gives the entry that ends here. */
  take(line: string, lineNumber: number): ReadEntry | null {
    this.#lineNumber = lineNumber;
    if (this.#draft !== null && this.#isModule(line)) return this.#takeModule(this.#draft, line);
    if (this.#draft?.takeEndpoint(line)) return null; // most lines are
    const title = titleLine.exec(line);
    const pid = Number(title?.[1]);
    if (title !== null && pid <= highestPid) return this.#begin(pid, title[2] ?? '');
    if (separatorLine.test(line)) return this.#close();
    if (line.trimEnd() === endOfLog) {
      this.isEnded = true;
      return this.#close();
    }
    const isKnown = this.#draft === null ? this.#takeOutside(line) : this.#draft.take(line);
    if (!isKnown && this.#isEscaped) this.#bad(lineNumber, 'a line of PortQry or of ours', line);
    return null;
  }

  /** What is left when the file is over. */
  end(): ReadEntry[] {
    if (this.#draft !== null && this.#isEscaped) {
      this.#bad(this.#lineNumber, 'the rest of an entry', 'the end of the file');
    }
    const last = this.#close();
    const rest = [...this.#table.values()].map((draft) => draft.finish());
    this.#table.clear();
    return last === null ? rest : [last, ...rest];
  }

  #takeModule(draft: EntryDraft, line: string): null {
    if (!draft.take(line)) this.#bad(this.#lineNumber, 'a shorter list of modules', line);
    return null;
  }

  /** Ours end a list of modules with an empty line, and until then a line may say anything. */
  #isModule(line: string): boolean {
    if (this.#draft?.isInModules !== true) return false;
    return this.#isEscaped || !(titleLine.test(line) || separatorLine.test(line));
  }

  #begin(pid: number, name: string): ReadEntry | null {
    const before = this.#close();
    this.#table.delete(pid);
    this.#draft = this.#newDraft(pid, name);
    this.#stamp = null;
    return before;
  }

  #newDraft(pid: number, name: string): EntryDraft {
    const isEscaped = this.#isEscaped;
    const lineNumber = this.#lineNumber;
    return new EntryDraft({ pid, name, stamp: this.#stamp, lineNumber, isEscaped });
  }

  #close(): ReadEntry | null {
    const draft = this.#draft;
    this.#draft = null;
    return draft === null ? null : draft.finish();
  }

  #takeOutside(line: string): boolean {
    const row = tableLine.exec(line);
    const pid = Number(row?.[1]);
    if (row !== null && pid <= highestPid) {
      return this.#addToTable(pid, row[2]?.trim() ?? '', row[3] ?? '');
    }
    const stamp = parseRecordStamp(stampLine.exec(line)?.[1] ?? '');
    if (stamp === null) return otherLine.test(line);
    this.#stamp = stamp;
    return true;
  }

  #addToTable(pid: number, name: string, text: string): boolean {
    const row = readEndpointRow(text);
    if (row === null) return false;
    let draft = this.#table.get(pid);
    if (draft === undefined && this.#table.size >= mostProcesses) return false;
    if (draft === undefined) {
      draft = this.#newDraft(pid, name);
      this.#table.set(pid, draft);
    }
    return draft.addEndpoint(row);
  }
}
