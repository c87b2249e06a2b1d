// The recorder's health in words and figures: what status.json says.

import type { LogHealth } from '../logs/write/options.ts';
import type { RecorderState, RecorderStatus } from '../settings/status.ts';

/** What does not change while the recorder runs. */
export type Identity = Pick<
  RecorderStatus,
  'version' | 'node' | 'pid' | 'processStarted' | 'since' | 'logDirectory'
>;

export interface SourceHealth {
  readonly name: 'Kernel' | 'Polling' | null;
  readonly whyNotBetter: string | null;
  readonly trouble: string | null;
}

const counted = (count: number, what: string): string =>
  count === 0 ? '' : ` ${count} ${what}${count === 1 ? ' waits' : 's wait'}.`;

/** A sentence for each thing that is wrong. */
function troubles(logs: LogHealth, source: SourceHealth): string[] {
  const found: string[] = [];
  if (logs.trouble !== null) {
    found.push(
      `The logs can't be written: ${logs.trouble.message}.${counted(logs.waiting, 'change')}`,
    );
  }
  if (logs.rollTrouble !== null) found.push(`New logs can't be begun: ${logs.rollTrouble}.`);
  if (logs.retentionTrouble !== null) {
    found.push(`Old logs can't be removed: ${logs.retentionTrouble}.`);
  }
  if (source.trouble !== null) found.push(source.trouble);
  return found;
}

export function troubleOf(logs: LogHealth, source: SourceHealth): string | null {
  const found = troubles(logs, source);
  return found.length === 0 ? null : found.join(' ');
}

const withoutCount = (trouble: string | undefined | null): string | null =>
  trouble?.replace(/ \d+ changes? waits?\./, '') ?? null;

/** However many changes wait: their number is another one at each look. */
export const isSameTrouble = (
  one: string | undefined | null,
  other: string | undefined | null,
): boolean => withoutCount(one) === withoutCount(other);

export function stateOf(logs: LogHealth, trouble: string | null): RecorderState {
  if (!logs.isReady) return 'Starting';
  return trouble === null ? 'Running' : 'Degraded';
}

const nothingYet: LogHealth = {
  trouble: null,
  rollTrouble: null,
  retentionTrouble: null,
  files: [],
  records: 0,
  gaps: 0,
  missed: 0,
  waiting: 0,
  endpoints: 0,
  isReady: false,
};

/** `logs`: null before there are any. */
export function statusOf(
  identity: Identity,
  logs: LogHealth | null,
  source: SourceHealth,
  now: number,
  ending: Pick<RecorderStatus, 'state' | 'trouble'> | null = null,
): RecorderStatus {
  const health = logs ?? nothingYet;
  const trouble = troubleOf(health, source);
  const { files, records, gaps, missed, waiting, endpoints } = health;
  return {
    schema: 1,
    ...(ending ?? { state: stateOf(health, trouble), trouble }),
    ...identity,
    updated: new Date(now).toISOString(),
    source: source.name,
    whyNotBetter: source.whyNotBetter,
    files: ending === null ? files : [],
    ...{ records, gaps, missed, waiting, endpoints },
    memory: process.memoryUsage.rss(),
  };
}
