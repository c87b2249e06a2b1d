// What answers Get-PortSnapshot -At: the endpoints of a past moment, rebuilt from the logs.

import { setTimeout as pause } from 'node:timers/promises';
import { SocketColumns } from '../endpoints/socket-columns.ts';
import type { Offset } from '../logs/format/wall-time.ts';
import type { OwnedRow } from '../logs/open/open-endpoints.ts';
import { withModules, withoutModules } from '../logs/open/past-modules.ts';
import { type PastMoment, rebuildMoment } from '../logs/open/past-moment.ts';
import { type AskedMoment, say } from '../logs/open/unknown-moment.ts';
import { PortReporterError } from '../model/error.ts';
import { compileFilter, type Filter } from '../model/filter/filter.ts';
import type { Ownership } from '../model/process.ts';
import { countPorts } from '../model/statistics.ts';
import { type Answer, linesOf } from '../protocol/answer.ts';
import { filterTexts, flag, type Parameters } from '../protocol/parameters.ts';
import { statisticsProperties } from '../protocol/process-lines.ts';
import { Templates } from '../protocol/templates.ts';
import { inOrder } from '../snapshot/order.ts';
import { groupByProcess } from '../snapshot/process-blocks.ts';
import { SnapshotRows } from '../snapshot/rows.ts';
import { toIso } from '../time/iso.ts';
import { processOf } from './snapshot.ts';

/** Milliseconds in which a record is in its file. */
const recordDelay = 1500;

/** Until when the recorder of a directory has told everything; null where none writes there. */
export type LivingUntil = (directory: string) => Promise<number | null>;

function passes({ endpoint, ownership: { owner } }: OwnedRow, filter: Filter): boolean {
  if (!filter.endpoint(endpoint)) return false;
  const { processId, process } = filter;
  if (processId === null && process === null) return true;
  return owner !== null && (processId?.(owner.pid) ?? true) && (process?.(owner) ?? true);
}

/** As rows of the table, which they once were. */
function asRows(known: readonly OwnedRow[]): SnapshotRows {
  const sockets = new SocketColumns();
  const numbers = new Map<Ownership, number>();
  for (const { endpoint, ownership } of known) {
    const number = numbers.get(ownership) ?? numbers.size;
    numbers.set(ownership, number);
    sockets.addEndpoint(endpoint, number);
  }
  const places = inOrder(sockets, sockets.places());
  return new SnapshotRows(sockets, places, [...numbers.keys()]);
}

async function warnOfGaps(
  { gaps, bad, initial }: PastMoment,
  offset: Offset,
  answer: Answer,
): Promise<void> {
  if (bad > 0) {
    const lines = bad === 1 ? 'A line could' : `${bad} lines could`;
    const hint = 'Import-PRLog tells which.';
    const message = `${lines} not be understood, so endpoints may be missing or wrong. ${hint}`;
    await answer.warn('PR_LOG_GAP', message, hint);
  }
  if (gaps.length === 0) return;
  const known = gaps.map(({ missed }) => missed ?? 0).reduce((sum, each) => sum + each, 0);
  const several = gaps.length === 1 ? 'a gap' : `${gaps.length} gaps`;
  const missed = known === 0 ? '' : `, with ${known} changes missed`;
  const hint = 'Import-PRLog -Change Gap tells more.';
  const message =
    `Between the PR-INITIAL of ${say(initial.time, offset)} and that moment there is ${several}` +
    `${missed}: endpoints may be missing or wrong. ${hint}`;
  await answer.warn('PR_LOG_GAP', message, hint);
}

async function waitForRecords({ at, offset }: AskedMoment, signal: AbortSignal): Promise<void> {
  const wait = at + recordDelay - Date.now();
  if (wait > recordDelay) {
    const moment = say(at, offset);
    throw new PortReporterError('PR_MOMENT_UNKNOWN', `${moment} has not come yet.`, {
      target: moment,
      hint: 'Say a moment of the past.',
    });
  }
  if (wait > 0) await pause(wait, undefined, { signal }).catch(() => {});
}

interface Views {
  readonly modules: boolean;
  /** Endpoints where neither is true. */
  readonly byProcess: boolean;
  readonly statistics: boolean;
}

const viewsOf = (parameters: Parameters): Views => ({
  modules: flag(parameters, 'includeModules'),
  byProcess: flag(parameters, 'groupByProcess'),
  statistics: flag(parameters, 'statistics'),
});

async function sendRows(rows: SnapshotRows, at: number, views: Views, answer: Answer) {
  if (views.statistics) {
    const statistics = countPorts(rows.endpoints());
    await answer.send({ statistics: statisticsProperties(statistics) });
    return;
  }
  const templates = new Templates(toIso(at));
  const send = (some: SnapshotRows, about: object) => {
    const { part, columns } = templates.batch(some);
    return answer.sendColumns({ ...about, ...part }, 'endpoints', columns);
  };
  if (views.byProcess) {
    for (const block of groupByProcess(rows)) await send(block.rows, { process: processOf(block) });
    return;
  }
  for (const [begin, end] of linesOf(rows.length)) {
    await send(rows.slice(begin, end), {});
  }
}

export async function pastSnapshot(
  asked: AskedMoment,
  directory: string,
  parameters: Parameters,
  answer: Answer,
  livingUntil: LivingUntil,
): Promise<object> {
  const filter = compileFilter(filterTexts(parameters));
  const views = viewsOf(parameters);
  await waitForRecords(asked, answer.signal);
  answer.checkCancelled();
  const moment = await rebuildMoment(directory, asked, await livingUntil(directory));
  const known = views.modules ? await withModules(moment, asked.at) : withoutModules(moment);
  const rows = asRows(known.filter((row) => passes(row, filter)));
  await answer.verbose(`Rebuilt from '${moment.initial.path}' and the records behind it.`);
  await sendRows(rows, asked.at, views, answer);
  await warnOfGaps(moment, asked.offset, answer);
  return { rows: rows.length };
}
