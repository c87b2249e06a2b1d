// What Import-PRLog asks for.

import { type LogKind, logKinds } from '../logs/format/file-name.ts';
import { everything, type ReadOptions } from '../logs/read/context.ts';
import { parseTimeZone } from '../logs/read/time-zone.ts';
import { compileChangeFilter } from '../model/filter/change.ts';
import { invalidFilter } from '../model/filter/invalid.ts';
import { invalidRequest } from '../protocol/answer.ts';
import { filterTexts, flag, type Parameters, text, texts } from '../protocol/parameters.ts';

/** More than endpoints, since a record takes less room, and PowerShell's work for a line is much. */
const recordsPerLine = 8000;

export interface ImportRequest {
  /** Files, and directories, which stand for all logs in them. */
  readonly paths: readonly string[];
  readonly kinds: ReadonlySet<LogKind>;
  readonly follow: boolean;
  readonly withProcess: boolean;
  readonly options: ReadOptions;
}

/** Milliseconds since the epoch of an ISO text. */
export function moment(parameters: Parameters, name: string): number | null {
  const given = text(parameters, name);
  if (given === null) return null;
  const match = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(given);
  const whole = Date.parse(`${match?.[1]}${match?.[3]}`);
  if (match === null || Number.isNaN(whole)) {
    throw invalidRequest(`\`${name}\` is a time such as 2026-07-06T11:44:04.000000Z.`, name);
  }
  const micros = Math.floor(Number(`0.${match[2] ?? 0}`) * 1e6 + 1e-3);
  return (whole * 1000 + micros) / 1000;
}

/** Refuses a span that nothing can lie in. */
function spanOf(parameters: Parameters): Pick<ReadOptions, 'after' | 'before'> {
  const after = moment(parameters, 'after') ?? everything.after;
  const before = moment(parameters, 'before') ?? everything.before;
  if (after > before) {
    const given = text(parameters, 'after') ?? '';
    throw invalidFilter(
      'after',
      given,
      `a time that is not later than -Before (${text(parameters, 'before')})`,
    );
  }
  return { after, before };
}

const kindNames = new Map(
  logKinds.flatMap((kind) => [kind, kind.slice('PR-'.length)].map((name) => [name, kind] as const)),
);

/** `PR-PORTS` or `PORTS`, in any case. */
export function kindsOf(
  parameters: Parameters,
  ifAbsent: readonly LogKind[],
): ReadonlySet<LogKind> {
  const given = texts(parameters, 'kind');
  if (given === null) return new Set(ifAbsent);
  const chosen = given.map((each) => {
    const kind = kindNames.get(each.trim().toUpperCase());
    if (kind === undefined) throw invalidFilter('kind', each, `one of ${logKinds.join(', ')}`);
    return kind;
  });
  return new Set(logKinds.filter((kind) => chosen.includes(kind)));
}

/** What is given where no kinds are asked for: with their processes, records of ports alone. */
const joinedKinds: readonly LogKind[] = ['PR-PORTS', 'PR-STATUS'];

export function toImportRequest(parameters: Parameters, logDirectory: string): ImportRequest {
  const filter = filterTexts(parameters);
  compileChangeFilter(filter); // refuses what can't be understood before any file is read
  const timeZone = text(parameters, 'timeZone');
  const withProcess = flag(parameters, 'withProcess');
  return {
    paths: texts(parameters, 'paths') ?? [logDirectory],
    kinds: kindsOf(parameters, withProcess ? joinedKinds : logKinds),
    follow: flag(parameters, 'follow'),
    withProcess,
    options: {
      filter,
      ...spanOf(parameters),
      timeZone: timeZone === null ? null : parseTimeZone(timeZone),
      includeStatus: flag(parameters, 'includeStatus'),
      batchSize: recordsPerLine,
    },
  };
}
