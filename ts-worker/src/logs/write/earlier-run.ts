// How the last run ended, as its files show: with its last lines, or killed, or inside a line. Said
// at the beginning of the next.

import { compareBegun, type LogKind, parseFileName } from '../format/file-name.ts';
import { endOfLog } from '../format/process-entry.ts';
import { parseStatusLine, type Status } from '../format/status-line.ts';
import type { LogDirectory } from './directory.ts';
import { isOurs } from './own-file.ts';

/** More than a last line can have. */
const tailLength = 16_384;

interface Tail {
  readonly isTorn: boolean;
  readonly hasEnd: boolean;
}

/** The newest file of each kind. */
async function newestOurs(directory: LogDirectory): Promise<Map<LogKind, string>> {
  const parsed = (await directory.list()).flatMap(({ name }) => {
    const file = parseFileName(name);
    return file === null || file.isCompressed ? [] : [{ name, ...file }];
  });
  parsed.sort((a, b) => compareBegun(b, a));
  const newest = new Map<LogKind, string>();
  for (const { name, kind } of parsed) {
    if (!newest.has(kind) && (await isOurs(directory, name))) newest.set(kind, name);
  }
  return newest;
}

async function readTail(directory: LogDirectory, name: string): Promise<Tail> {
  const bytes = await directory.read(name, 'End', tailLength);
  const lines = Buffer.from(bytes).toString().split(/\r?\n/);
  const rest = lines.pop() ?? '';
  const last = lines.at(-1) ?? '';
  const hasEnd = last === endOfLog || parseStatusLine(last)?.kind === 'End';
  return { isTorn: rest !== '', hasEnd };
}

const stampIn = (name: string): string => name.replace(/^PR-[A-Z]+/, '');

/** PR-PORTS has the last line, in the Legacy format the PR-STATUS of the same stamp. */
function endingName(newest: ReadonlyMap<LogKind, string>): string | null {
  const [ports, status] = [newest.get('PR-PORTS'), newest.get('PR-STATUS')];
  if (ports === undefined) return null;
  return status !== undefined && stampIn(status) === stampIn(ports) ? status : ports;
}

export async function tellEarlierRun(directory: LogDirectory, now: number): Promise<Status[]> {
  const newest = await newestOurs(directory);
  const told: Status[] = [];
  for (const name of newest.values()) {
    const { isTorn, hasEnd } = await readTail(directory, name);
    if (isTorn) {
      told.push({ time: now, kind: 'Torn', count: 1, reason: `${name} ends inside a line` });
    }
    if (!hasEnd && name === endingName(newest)) {
      const reason =
        `${name} has no last line: the recorder was killed or the power failed ` +
        '(its last second may be without entries in PR-PIDS)';
      told.push({ time: now, kind: 'Interrupted', count: null, reason });
    }
  }
  return told;
}
