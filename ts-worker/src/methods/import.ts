// The work of Import-PRLog: the records of logs, file after file, or as they come where the logs
// are followed. Trouble with one file, or with a line, is told and the reading goes on.

import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Joiner, processLogOf } from '../logs/join/joined-batch.ts';
import type { LogPart } from '../logs/read/context.ts';
import { type FoundLog, logsAt, mayHold } from '../logs/read/found-logs.ts';
import { type FollowedLogs, followLogs, growingSource } from '../logs/read/growing.ts';
import { fileSource, type LogSource, readLog } from '../logs/read/read-log.ts';
import { PortReporterError } from '../model/error.ts';
import type { Answer } from '../protocol/answer.ts';
import { statusFileName } from '../settings/places.ts';
import { ImportAnswer } from './import-answer.ts';
import type { ImportRequest } from './import-request.ts';

/** What else a recorder keeps in the directory of its logs. */
const besideLogs: ReadonlySet<string> = new Set([statusFileName, '.portreporter-lock']);

/** Milliseconds in which a set that is begun has all of its files. */
const beginning = 1000;

export class Import {
  readonly #request: ImportRequest;
  readonly #told: ImportAnswer;
  /** Ends what is followed. */
  readonly #stop = new AbortController();
  #skipped = 0;

  constructor(request: ImportRequest, answer: Answer) {
    this.#request = request;
    this.#told = new ImportAnswer(answer);
  }

  async run(signal: AbortSignal): Promise<object> {
    const found = await this.#find();
    const wanted = found.filter((log) => this.#isWanted(log));
    this.#skipped = found.length - wanted.length;
    const followed = this.#request.follow ? this.#followed(found, wanted) : [];
    const begins = new Set(followed.map(({ from }) => from));
    const whole = wanted.filter(({ path }) => !begins.has(path));
    if (!this.#request.follow) this.#told.expect(whole);
    for (const { path } of whole) await this.#read(fileSource(path));
    if (this.#request.follow) await this.#follow(followed, signal);
    return await this.#told.close(this.#skipped);
  }

  async #find(): Promise<FoundLog[]> {
    const all = new Map<string, FoundLog>();
    for (const path of this.#request.paths) {
      await this.#guard(async () => {
        for (const log of await logsAt(path)) all.set(log.path, log);
      });
    }
    return [...all.values()];
  }

  #isWanted(log: FoundLog): boolean {
    const { kinds, options } = this.#request;
    if (besideLogs.has(basename(log.path))) return false;
    return (log.name === null || kinds.has(log.name.kind)) && mayHold(log, options);
  }

  async #read(source: LogSource, stream = 0): Promise<void> {
    await this.#guard(() => this.#readParts(source, stream));
  }

  async #readParts(source: LogSource, stream: number): Promise<void> {
    const closing = new AbortController();
    const close = () => closing.abort();
    this.#stop.signal.addEventListener('abort', close);
    let joiner: Joiner | null = null;
    try {
      for await (const part of readLog(source, this.#request.options)) {
        if (part.kind !== null && !this.#request.kinds.has(part.kind)) break;
        joiner ??= await this.#joinerFor(source, part, closing.signal);
        await this.#told.part(part, stream, joiner);
      }
      this.#told.fileEnded();
    } finally {
      close();
      this.#stop.signal.removeEventListener('abort', close);
      await joiner?.close();
    }
  }

  /** Trouble with one file is no reason to leave the others. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof PortReporterError)) throw error;
      await this.#told.problem(error);
    }
  }

  async #joinerFor(
    { file, isGrowing }: LogSource,
    { kind, header }: LogPart,
    signal: AbortSignal,
  ): Promise<Joiner | null> {
    if (!this.#request.withProcess || kind !== 'PR-PORTS') return null;
    let path = processLogOf(file, header);
    // The files of a set are begun one after the other.
    if (path === null && isGrowing === true) {
      await pause(beginning);
      path = processLogOf(file, header);
    }
    if (path === null) {
      await this.#told.noProcessLog(file);
      return new Joiner(null);
    }
    const source = isGrowing === true ? growingSource(path, signal) : fileSource(path);
    const { timeZone } = this.#request.options;
    return new Joiner({ source, timeZone, told: ({ bad }) => this.#told.badOfProcessLog(bad) });
  }

  /** The newest file of each kind, in each directory, and what comes behind it. */
  #followed(found: readonly FoundLog[], wanted: readonly FoundLog[]): FollowedLogs[] {
    const known = new Set(found.map(({ path }) => path));
    const directories = new Set([
      ...found.filter(({ name }) => name !== null).map(({ path }) => dirname(path)),
      ...this.#request.paths.filter((path) => !known.has(path)),
    ]);
    const named = [...directories].flatMap((directory) =>
      [...this.#request.kinds].map((kind) => {
        const newest = wanted.findLast(
          ({ path, name }) =>
            dirname(path) === directory && name?.kind === kind && !name.isCompressed,
        );
        return { directory, kind, from: newest?.path ?? null, known };
      }),
    );
    const others = wanted.filter(({ name }) => name === null);
    return [
      ...named,
      ...others.map(({ path }) => ({ directory: dirname(path), kind: null, from: path, known })),
    ];
  }

  async #follow(followed: readonly FollowedLogs[], signal: AbortSignal): Promise<void> {
    const stop = this.#stop;
    const abort = () => stop.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    const following = followed.map(async (each, index) => {
      for await (const source of followLogs(each, stop.signal)) await this.#read(source, index);
    });
    try {
      await Promise.all(following);
    } finally {
      abort();
      await Promise.allSettled(following);
      signal.removeEventListener('abort', abort);
      this.#told.checkCancelled();
    }
  }
}
