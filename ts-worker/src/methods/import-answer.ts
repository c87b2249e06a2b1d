// What Import-PRLog is told: records as they are, processes on lines of their own, and beside them
// what could not be read. Several files may be followed at once, so each line waits for its turn.

import type { Joiner } from '../logs/join/joined-batch.ts';
import type { BadLine, LogPart } from '../logs/read/context.ts';
import type { FoundLog } from '../logs/read/found-logs.ts';
import type { RecordBatch } from '../logs/read/record-template.ts';
import { machineZone } from '../logs/read/time-zone.ts';
import type { PortReporterError } from '../model/error.ts';
import { type Answer, linesOf } from '../protocol/answer.ts';
import { processLine, processLines } from '../protocol/process-lines.ts';

/** Milliseconds without a progress bar: what is over sooner needs none. */
const patience = 1000;
/** Milliseconds between two of its steps. */
const step = 250;

const zoneName = (): string => {
  const zone = machineZone();
  return zone.kind === 'Named' ? zone.name : '';
};

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

const badLine = ({ file, lineNumber, expected, came }: BadLine) => ({
  File: file,
  LineNumber: lineNumber,
  Expected: expected,
  Came: came,
});

export class ImportAnswer {
  readonly #answer: Answer;
  readonly #begun = performance.now();
  #turn: Promise<void> = Promise.resolve();
  #total = 0;
  #ofEarlierFiles = 0;
  #ofThisFile = 0;
  #shownAt = this.#begun + patience - step;
  #hasBar = false;
  #records = 0;
  #bad = 0;
  #files = 0;
  #hasToldZone = false;
  #badOfOthers: BadLine[] = [];

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  checkCancelled(): void {
    this.#answer.checkCancelled();
  }

  /** For the progress: what is going to be read. */
  expect(logs: readonly FoundLog[]): void {
    this.#total = logs.reduce((sum, { size }) => sum + size, 0);
  }

  async part(part: LogPart, stream: number, joiner: Joiner | null): Promise<void> {
    if (part.assumedZone) await this.#tellZone(part);
    for (const batch of part.records) await this.#batch(batch, stream, joiner);
    for (const line of processLines(part.processes)) await this.#send(line);
    this.#records += part.processes.length;
    await this.#badLines([...part.bad, ...this.#badOfOthers.splice(0)]);
    this.#ofThisFile = part.bytesRead;
    await this.#progress();
  }

  fileEnded(): void {
    this.#files += 1;
    this.#ofEarlierFiles += this.#ofThisFile;
    this.#ofThisFile = 0;
  }

  /** Told with the next part of the PR-PORTS. */
  badOfProcessLog(bad: readonly BadLine[]): void {
    this.#badOfOthers.push(...bad);
  }

  async problem(error: PortReporterError): Promise<void> {
    const { code, message, target, hint } = error;
    await this.#send({ problem: { code, message, target, hint } });
  }

  async noProcessLog(file: string): Promise<void> {
    const hint = 'Keep the PR-PIDS of a set beside its PR-PORTS.';
    const message = `There is no PR-PIDS beside '${file}', so its records come without it. ${hint}`;
    await this.#inTurn(() => this.#answer.warn('PR_LOG_NOT_FOUND', message, hint));
  }

  async close(skipped: number): Promise<object> {
    if (this.#hasBar) await this.#bar(100);
    const outside = counted(skipped, 'file was not asked for', 'files were not asked for');
    await this.#inTurn(() =>
      this.#answer.verbose(
        `Read ${counted(this.#records, 'record', 'records')} of ` +
          `${counted(this.#files, 'file', 'files')}; ` +
          `${counted(this.#bad, 'line', 'lines')} could not be understood; ${outside}.`,
      ),
    );
    return { rows: this.#records, bad: this.#bad, files: this.#files, skipped };
  }

  async #batch(batch: RecordBatch, stream: number, joiner: Joiner | null): Promise<void> {
    this.#records += batch.records.Template.length;
    const to = stream === 0 ? {} : { stream };
    if (joiner === null) await this.#sendRecords({ ...to, ...batch });
    else {
      const { entries, ...joined } = await joiner.join(batch);
      await this.#sendRecords({ ...to, ...joined, ...processLine(entries) });
    }
  }

  async #sendRecords({ records, ...rest }: RecordBatch): Promise<void> {
    await this.#inTurn(() => this.#answer.sendColumns(rest, 'records', records));
  }

  async #badLines(bad: readonly BadLine[]): Promise<void> {
    this.#bad += bad.length;
    for (const [begin, end] of linesOf(bad.length)) {
      await this.#send({ badLines: bad.slice(begin, end).map(badLine) });
    }
  }

  async #tellZone(part: LogPart): Promise<void> {
    if (this.#hasToldZone || part.records.length + part.processes.length === 0) return;
    this.#hasToldZone = true;
    const hint = 'Say -TimeZone where the log was written elsewhere.';
    const zone = `A log does not say its time zone; its times are taken as ${zoneName()}.`;
    await this.#inTurn(() => this.#answer.warn('PR_TIME_ZONE_ASSUMED', `${zone} ${hint}`, hint));
  }

  async #progress(): Promise<void> {
    const now = performance.now();
    if (this.#total === 0 || now - this.#shownAt < step) return;
    this.#shownAt = now;
    const done = this.#ofEarlierFiles + this.#ofThisFile;
    // Files may have grown since they were found.
    await this.#bar(Math.min(99, Math.floor((done / this.#total) * 100)));
  }

  async #bar(percent: number): Promise<void> {
    this.#hasBar = true;
    const status = `${counted(this.#records, 'record', 'records')}`;
    await this.#send({ progress: { activity: 'Reading logs', status, percent } });
  }

  async #send(line: object): Promise<void> {
    await this.#inTurn(() => this.#answer.send(line));
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    await turn;
  }
}
