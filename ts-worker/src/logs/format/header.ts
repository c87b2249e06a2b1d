// The beginning of each file: what kind it is, and what a reader must know to make sense of the
// rest. The first lines are those of Port Reporter 1.01; the offset from UTC, the computer's log
// that a PR-PORTS continues, and the columns beyond the tenth are ours.

import { escapeText } from './escape.ts';
import { fileName, fileStamp } from './file-name.ts';
import { type LogFormat, portColumns } from './port-columns.ts';
import { formatOffset, type Offset, systemDate, wallTime } from './wall-time.ts';

/** Under this version names are percent-encoded (escape.ts); genuine logs are of version 1. */
export const version = '2.0';

export interface Machine {
  readonly computerName: string;
  readonly operatingSystem: string;
}

export interface SetFacts {
  /** When the set of files was begun, in milliseconds since the epoch. */
  readonly begun: number;
  readonly offset: Offset;
  readonly format: LogFormat;
  readonly machine: Machine;
  /** The stamp of the PR-INITIAL which the records of this set continue. */
  readonly initialStamp: string;
}

export const stampOf = ({ begun, offset }: SetFacts): string => fileStamp(wallTime(begun, offset));

const offsetLine = ({ offset }: SetFacts): string => `UTC offset: ${formatOffset(offset)}`;
const continuesLine = ({ initialStamp }: SetFacts): string =>
  `Continues ${fileName('PR-INITIAL', initialStamp)}`;

export function portsHeader(facts: SetFacts): string[] {
  return [
    `Port Reporter Version ${version} Log File - Port usage log`,
    '',
    `Check ${fileName('PR-PIDS', stampOf(facts))} for corresponding process data`,
    '',
    continuesLine(facts),
    offsetLine(facts),
    '',
    'Log format:',
    portColumns(facts.format).join(),
    '',
  ];
}

export function statusHeader(facts: SetFacts): string[] {
  return [
    `Port Reporter Version ${version} Log File - Status log`,
    '',
    continuesLine(facts),
    offsetLine(facts),
    '',
  ];
}

function machineHeader(title: string, facts: SetFacts): string[] {
  return [
    `Port Reporter Version ${version} Log File`,
    '',
    title,
    '',
    `System Date: ${systemDate(wallTime(facts.begun, facts.offset))}`,
    '',
    '',
    'Local computer name:',
    '',
    ` ${computerName(facts.machine)}`,
    '',
    `Operating System: ${escapeText(facts.machine.operatingSystem)}`,
    offsetLine(facts),
    '',
  ];
}

export const initialHeader = (facts: SetFacts): string[] =>
  machineHeader('Service initialization log', facts);

export const processHeader = (facts: SetFacts): string[] =>
  machineHeader('Process detail log', facts);

/** A name of nothing but blanks would be taken for an empty line. */
function computerName({ computerName: name }: Machine): string {
  const escaped = escapeText(name);
  return escaped.trim() === '' ? escaped.replaceAll(' ', '%20') : escaped;
}
