// What answers Import-PRLog, Get-PRLog and Get-PortSnapshot -At.

import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { logKinds } from '../logs/format/file-name.ts';
import { parseOffset } from '../logs/format/wall-time.ts';
import { describeLog, type LogDescription, withStatusOf } from '../logs/read/describe-log.ts';
import { logsIn } from '../logs/read/found-logs.ts';
import { PortReporterError } from '../model/error.ts';
import { type Answer, invalidRequest } from '../protocol/answer.ts';
import { type Parameters, text } from '../protocol/parameters.ts';
import type { Method } from '../protocol/server.ts';
import { statusFileName } from '../settings/places.ts';
import { parseStatus, staleAfter } from '../settings/status.ts';
import { toIso } from '../time/iso.ts';
import { Import } from './import.ts';
import { kindsOf, moment, toImportRequest } from './import-request.ts';
import { pastSnapshot } from './past.ts';

/** The names of the logs that a recorder writes to now. */
async function openLogs(directory: string): Promise<ReadonlySet<string>> {
  const file = join(directory, statusFileName);
  const status = parseStatus(await readFile(file, 'utf8').catch(() => ''));
  const isFresh = status !== null && Date.now() - Date.parse(status.updated) < staleAfter;
  return new Set(isFresh && status.state !== 'Stopped' ? status.files : []);
}

/** What a recorder that lives has not told by now has not happened. */
async function livingUntil(directory: string): Promise<number | null> {
  return (await openLogs(directory)).size > 0 ? Date.now() : null;
}

const toObject = (described: LogDescription, open: ReadonlySet<string>) => ({
  Name: basename(described.log.path),
  Kind: described.kind,
  Start: described.start === null ? null : toIso(described.start),
  End: described.end === null ? null : toIso(described.end),
  Records: described.records,
  Size: described.log.size,
  State: open.has(basename(described.log.path)) ? 'Open' : described.state,
  FullName: described.log.path,
});

async function list(parameters: Parameters, answer: Answer, directory: string): Promise<object> {
  const kinds = kindsOf(parameters, logKinds);
  const described: LogDescription[] = [];
  for (const log of await logsIn(directory)) {
    if (log.name === null || !kinds.has(log.name.kind)) continue;
    try {
      described.push(await describeLog(log));
    } catch (error) {
      if (!(error instanceof PortReporterError)) throw error;
      const { code, message, target, hint } = error;
      await answer.send({ problem: { code, message, target, hint } });
    }
    answer.checkCancelled();
  }
  const open = await openLogs(directory);
  await answer.send({ logs: withStatusOf(described).map((each) => toObject(each, open)) });
  return { rows: described.length };
}

/** `logDirectory`: that of the recorder, where the request does not name one. */
export function logMethods(logDirectory: () => Promise<string>): Readonly<Record<string, Method>> {
  const directoryOf = async (parameters: Parameters): Promise<string> =>
    text(parameters, 'logDirectory') ?? (await logDirectory());
  return {
    import: async (parameters, answer) => {
      const request = toImportRequest(parameters, parameters.paths ? '' : await logDirectory());
      return await new Import(request, answer).run(answer.signal);
    },
    list: async (parameters, answer) =>
      await list(parameters, answer, await directoryOf(parameters)),
    past: async (parameters, answer) => {
      const at = moment(parameters, 'at');
      if (at === null) throw invalidRequest('`at` is missing.', 'at');
      const offset = parseOffset(text(parameters, 'at')?.slice(-6) ?? '') ?? 0;
      const directory = await directoryOf(parameters);
      return await pastSnapshot({ at, offset }, directory, parameters, answer, livingUntil);
    },
  };
}
