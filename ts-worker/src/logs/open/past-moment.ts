// What was open at a past moment: the PR-INITIAL before it, and the records that continue it up to
// then, in the order in which they were written (a change whose port was learnt late has its own
// time and may stand behind later ones). Where the clock was set or the machine slept in between,
// times do not say what came first, and nothing is guessed.

import { basename } from 'node:path';
import type { Attribution } from '../../model/endpoint.ts';
import type { Ownership } from '../../model/process.ts';
import type { LogKind } from '../format/file-name.ts';
import type { LogHeader } from '../format/header-reader.ts';
import { momentOf } from '../format/wall-time.ts';
import { everything } from '../read/context.ts';
import { type FoundLog, logsIn } from '../read/found-logs.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import { fileSource, readLog } from '../read/read-log.ts';
import { type RecordRow, RecordRows } from '../read/record-rows.ts';
import { OpenEndpoints, type OwnedRow } from './open-endpoints.ts';
import { RecordedChanges } from './recorded-change.ts';
import { type AskedMoment, UnknownMoment } from './unknown-moment.ts';

export interface Doubt {
  readonly time: number;
  /** How many changes were missed, if anybody counted. */
  readonly missed: number | null;
  readonly reason: string;
}

export interface PastMoment {
  readonly rows: readonly OwnedRow[];
  /** Where the rebuilding began. */
  readonly initial: { readonly path: string; readonly time: number };
  /** Gaps between there and the moment. */
  readonly gaps: readonly Doubt[];
  /** Lines that could not be understood. */
  readonly bad: number;
  /** Paths of the PR-PIDS from there on. */
  readonly processLogs: readonly string[];
}

/** Milliseconds behind the moment in which what belongs to it may still be told. */
const lateness = 60_000;

interface Initial {
  readonly path: string;
  readonly time: number;
  readonly rows: readonly OwnedRow[];
  readonly bad: number;
}

/** What one process has in one attribution has one owner. */
function rowsOf({ owner, endpoints }: ProcessRecord): OwnedRow[] {
  const ownerships = new Map<Attribution, Ownership>();
  return endpoints.map(({ endpoint, attribution }) => {
    const known = attribution ?? 'None';
    const ownership = ownerships.get(known) ?? { owner, sharedWith: null, attribution: known };
    ownerships.set(known, ownership);
    return { endpoint, ownership };
  });
}

/** Null where nothing says which moment it was: such logs tell no changes either. */
const begunAt = ({ systemDate, offset }: LogHeader): number | null =>
  systemDate === null || offset === null ? null : momentOf(systemDate, offset);

async function readInitial({ path }: FoundLog): Promise<Initial | null> {
  const rows: OwnedRow[] = [];
  let time: number | null = null;
  let bad = 0;
  for await (const part of readLog(fileSource(path), everything)) {
    time ??= begunAt(part.header);
    for (const record of part.processes) rows.push(...rowsOf(record));
    bad += part.bad.length;
  }
  return time === null ? null : { path, time, rows, bad };
}

/** PR-INITIALs, the newest that may be before the moment first. */
async function* initialsBefore(found: readonly FoundLog[], at: number): AsyncGenerator<Initial> {
  for (const log of found.toReversed()) {
    if (log.name?.kind !== 'PR-INITIAL') continue;
    const initial = await readInitial(log);
    // It names its second only. A record of that second tells what came first.
    if (initial !== null && initial.time <= at) yield initial;
  }
}

/** The logs of a kind that continue a PR-INITIAL: from its own set up to the next one. */
function continuing(found: readonly FoundLog[], { path }: Initial, kind: LogKind): FoundLog[] {
  const from = found.findIndex((log) => log.path === path);
  const rest = found.slice(from + 1);
  const end = rest.findIndex(({ name }) => name?.kind === 'PR-INITIAL');
  const own = end < 0 ? rest : rest.slice(0, end);
  return own.filter(({ name }) => name?.kind === kind);
}

const logBefore = (found: readonly FoundLog[], { path }: Initial): FoundLog | undefined =>
  found
    .slice(
      0,
      found.findIndex((log) => log.path === path),
    )
    .findLast(({ name }) => name?.kind === 'PR-PORTS');

/** Walks over the records behind a PR-INITIAL, and keeps what was open at the moment. */
class Rebuilding {
  readonly #unknown: UnknownMoment;
  readonly #at: number;
  readonly #open = new OpenEndpoints();
  readonly #changes = new RecordedChanges();
  readonly gaps: Doubt[] = [];
  bad = 0;
  /** When the first line was written, with microseconds. */
  begun: number | null = null;
  /** The latest moment that is told of. */
  last = Number.NEGATIVE_INFINITY;
  isEnded = false;
  /** Once the clock was set or the machine slept. */
  #jump: { readonly kind: string; readonly time: number; readonly isCovered: boolean } | null =
    null;

  constructor(initial: Initial, unknown: UnknownMoment) {
    this.#unknown = unknown;
    this.#at = unknown.at;
    // What came in the second of the beginning may be in the rows already.
    this.#open.begin(initial.rows, initial.time + 1000);
  }

  get rows(): OwnedRow[] {
    return this.#open.processes().flatMap(({ rows }) => [...rows]);
  }

  get isCovered(): boolean {
    return this.last >= this.#at;
  }

  take(row: RecordRow): void {
    this.begun ??= row.time;
    this.#refuseGuess(row);
    const change = this.#changes.of(row);
    if (change === null && row.protocol !== null) throw this.#unknown.legacy(row.template.File);
    if (change === null) this.#takeStatus(row);
    else if (row.time <= this.#at) this.#open.apply(change);
    this.last = Math.max(this.last, row.time);
  }

  #takeStatus({ template, time }: RecordRow): void {
    const { Change: kind, Missed: missed, Reason: reason } = template;
    if (kind === 'Gap' && time <= this.#at + lateness) {
      this.gaps.push({ time, missed, reason: reason ?? '' });
    }
    if (kind === 'End') this.isEnded = true;
    if (kind === 'ClockSet' || kind === 'Suspended') {
      // Until a sleep, or what was left out, the recorder lived.
      const isBack = kind === 'ClockSet' && !reason?.includes('ahead');
      const before = isBack ? Number.NEGATIVE_INFINITY : time - (missed ?? Infinity);
      this.#jump ??= { kind, time, isCovered: this.isCovered || this.#at <= before };
    }
  }

  /** Behind a jump nothing may be of that moment or before it. */
  #refuseGuess({ time }: RecordRow): void {
    const jump = this.#jump;
    if (jump === null || (jump.isCovered && time > this.#at)) return;
    const what = jump.kind === 'ClockSet' ? 'the clock was set' : 'the machine slept';
    throw this.#unknown.behindJump(what, jump.time);
  }
}

/** A clock that was set back lets files stand in another order than they were written in. */
function assertContinues(
  initialLog: string | null,
  initial: Initial,
  unknown: UnknownMoment,
): void {
  if (initialLog === null || initialLog === basename(initial.path)) return;
  throw unknown.twice(initial.path);
}

/** A moment behind a PR-INITIAL of which the log before it tells, too, came twice. */
async function assertOnce(before: FoundLog | undefined, unknown: UnknownMoment): Promise<void> {
  if (before === undefined) return;
  const later = { ...everything, after: unknown.at + 1000 };
  for await (const { records } of readLog(fileSource(before.path), later)) {
    if (records.length === 0) continue;
    throw unknown.twice(before.path);
  }
}

async function follow(
  walk: Rebuilding,
  { path }: FoundLog,
  initial: Initial,
  unknown: UnknownMoment,
): Promise<void> {
  const rows = new RecordRows();
  const options = { ...everything, includeStatus: true };
  for await (const part of readLog(fileSource(path), options)) {
    assertContinues(part.header.initialLog, initial, unknown);
    walk.bad += part.bad.length;
    for (const batch of part.records) for (const row of rows.of(batch)) walk.take(row);
  }
}

/** `livingUntil`: what a recorder that still writes has not told by now has not happened; null where
 * none writes. Throws PR_MOMENT_UNKNOWN where the logs do not tell. */
export async function rebuildMoment(
  directory: string,
  asked: AskedMoment,
  livingUntil: number | null,
): Promise<PastMoment> {
  const { at } = asked;
  const unknown = new UnknownMoment(asked);
  const found = (await logsIn(directory)).filter(({ name }) => name !== null);
  for await (const initial of initialsBefore(found, at)) {
    const walk = new Rebuilding(initial, unknown);
    const logs = continuing(found, initial, 'PR-PORTS');
    for (const log of logs) await follow(walk, log, initial, unknown);
    if ((walk.begun ?? initial.time) > at) continue; // begun later in the same second
    const isNewest = found.findLast(({ name }) => name?.kind === 'PR-PORTS') === logs.at(-1);
    const isLive = isNewest && !walk.isEnded && livingUntil !== null && at <= livingUntil;
    if (!walk.isCovered && !isLive) {
      throw unknown.notRecorded(directory, Math.max(walk.last, initial.time));
    }
    await assertOnce(logBefore(found, initial), unknown);
    const { rows, gaps, bad } = walk;
    const processLogs = continuing(found, initial, 'PR-PIDS').map(({ path }) => path);
    return { rows, initial, gaps, bad: bad + initial.bad, processLogs };
  }
  throw unknown.noInitial(directory);
}
