// Whole logs as text, made of the writers of the single lines.

import {
  portsHeader,
  processHeader,
  type SetFacts,
} from '../../../../ts-worker/src/logs/format/header.ts';
import type { LogFormat } from '../../../../ts-worker/src/logs/format/port-columns.ts';
import { PortLines } from '../../../../ts-worker/src/logs/format/port-line.ts';
import type { EndpointChange } from '../../../../ts-worker/src/model/change.ts';

export const setFacts = (offset: number, format: LogFormat = 'Extended'): SetFacts => ({
  begun: Date.UTC(2026, 6, 6, 11, 44, 4),
  offset,
  format,
  machine: { computerName: 'TEST', operatingSystem: 'Debian GNU/Linux 12' },
  initialStamp: '26-07-6-9-0-0',
});

export function portsLog(
  changes: readonly EndpointChange[],
  offset = 120,
  format: LogFormat = 'Extended',
): string {
  const lines = new PortLines(format, offset);
  const records = changes.map((change) => lines.line(change));
  return [...portsHeader(setFacts(offset, format)), ...records, ''].join('\n');
}

export function processLog(entries: readonly string[]): string {
  return [...processHeader(setFacts(120)), ...entries, ''].join('\n');
}
