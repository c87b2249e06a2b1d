// Whose time a log's local times are: as its header says, else as the user says, else this
// machine's.

import type { LogHeader } from '../format/header-reader.ts';
import type { ReadContext } from './context.ts';
import { LocalTimes, machineZone } from './time-zone.ts';

export function localTimesOf(header: LogHeader, context: ReadContext): LocalTimes {
  if (header.offset !== null) return new LocalTimes({ kind: 'Offset', offset: header.offset });
  const { timeZone } = context.options;
  if (timeZone !== null) return new LocalTimes(timeZone);
  context.assumedZone = true;
  return new LocalTimes(machineZone());
}
