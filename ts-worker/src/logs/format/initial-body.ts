// The body of PR-INITIAL: the endpoints with their processes, counted, and then a block a process,
// as `portqry -local -v` prints them. It comes in slices, since it may be long and others want
// their turn.

import type { ProcessFacts } from '../../model/process.ts';
import { countPorts } from '../../model/statistics.ts';
import { endpointRow, type LoggedEndpoint, rowTitles } from './endpoint-row.ts';
import {
  endOfLog,
  type ModuleNote,
  nobodyPid,
  processEntry,
  separator,
  shownName,
  statisticsLines,
} from './process-entry.ts';

/** A process with its endpoints; those that nobody owns stand together. */
export interface ProcessRows {
  readonly owner: ProcessFacts | null;
  readonly endpoints: readonly LoggedEndpoint[];
}

const rowsPerSlice = 1000;

function* tableRows(processes: readonly ProcessRows[]): Generator<string> {
  for (const { owner, endpoints } of processes) {
    const process = `${owner?.pid ?? nobodyPid}:${shownName(owner)}`;
    for (const { endpoint, attribution } of endpoints) {
      yield `${process}\t\t${endpointRow(endpoint, attribution ?? 'None')}`;
    }
  }
}

function* slices(lines: Iterable<string>): Generator<string[]> {
  let slice: string[] = [];
  for (const line of lines) {
    slice.push(line);
    if (slice.length < rowsPerSlice) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}

/** The mappings of all processes, and their statistics. */
export function* initialTable(processes: readonly ProcessRows[]): Generator<string[]> {
  const all = processes.flatMap(({ endpoints }) => endpoints.map(({ endpoint }) => endpoint));
  yield [
    'TCP/UDP Port to Process Mappings',
    '',
    `${all.length} mappings found`,
    '',
    `PID:Process\t\t${rowTitles}`,
  ];
  yield* slices(tableRows(processes));
  yield ['', ...statisticsLines(countPorts(all)), ''];
  yield ['Port and Module Information by Process', separator];
}

export function initialBlock({ owner, endpoints }: ProcessRows, modules: ModuleNote): string[] {
  const statistics = countPorts(endpoints.map(({ endpoint }) => endpoint));
  return ['', ...processEntry({ owner, endpoints, statistics, modules })];
}

export const initialEnd: readonly string[] = ['', endOfLog];
