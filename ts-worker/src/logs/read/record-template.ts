// What many records have in common, in the shape in which it goes to PowerShell: so the names are
// those of PRPortRecord.

import type { Attribution, Protocol, State } from '../../model/endpoint.ts';
import { toIso } from '../../time/iso.ts';
import type { PortRecord } from '../format/port-record.ts';
import type { StatusRead } from '../format/status-line.ts';
import type { RecordColumns } from './record-columns.ts';

/** What many records have in common. */
export interface RecordTemplate {
  /** A kind of change; of status lines, their kind. */
  readonly Change: string | null;
  readonly Protocol: Protocol | null;
  readonly State: State | null;
  readonly PreviousState: State | null;
  readonly OwningProcess: number | null;
  readonly ProcessName: string | null;
  readonly User: string | null;
  readonly Services: readonly string[] | null;
  readonly Path: string | null;
  readonly ProcessStartTime: string | null;
  readonly Attribution: Attribution | null;
  readonly Namespace: string | null;
  readonly Missed: number | null;
  readonly Reason: string | null;
  readonly File: string;
}

export interface RecordBatch {
  /** True where the numbers of templates and addresses begin at 0 again. */
  readonly restart?: true;
  /** Templates that no earlier batch had; left out where there are none. */
  readonly templates?: readonly RecordTemplate[];
  /** Addresses likewise, one a line. */
  readonly addresses?: string;
  readonly records: RecordColumns;
}

export function templateOf(record: PortRecord, file: string): RecordTemplate {
  return {
    Change: record.change,
    Protocol: record.protocol,
    State: record.state,
    PreviousState: record.previousState,
    OwningProcess: record.pid,
    ProcessName: record.name,
    User: record.user,
    Services: record.services,
    Path: record.path,
    ProcessStartTime: record.startTime === null ? null : toIso(record.startTime),
    Attribution: record.attribution,
    Namespace: record.namespace,
    Missed: null,
    Reason: null,
    File: file,
  };
}

export const statusTemplate = (
  { kind, count, reason }: StatusRead,
  file: string,
): RecordTemplate => ({
  Change: kind,
  Protocol: null,
  State: null,
  PreviousState: null,
  OwningProcess: null,
  ProcessName: null,
  User: null,
  Services: null,
  Path: null,
  ProcessStartTime: null,
  Attribution: null,
  Namespace: null,
  Missed: count,
  Reason: reason,
  File: file,
});
