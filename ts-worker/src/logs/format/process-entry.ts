// A process with its endpoints, statistics and modules: an entry of PR-PIDS and a block of
// PR-INITIAL. The layout is PortQry's (-local -v); the lines with the user, the path and the start
// are ours.
//
//   Process ID: 484 (lsass.exe)
//   User context: <NT AUTHORITY\SYSTEM>
//
//   Service Name: Netlogon
//
//   PID	Port		Local IP	State		 Remote IP:Port …
//   484	TCP 1064	0.0.0.0 	LISTENING	 0.0.0.0:0 …
//
//   Port Statistics
//   …
//   Loaded modules:
//   C:\WINDOWS\system32\lsass.exe
//
//   ======================================================

import type { State } from '../../model/endpoint.ts';
import type { ProcessFacts } from '../../model/process.ts';
import type { PortStatistics } from '../../model/statistics.ts';
import { endpointRow, type LoggedEndpoint, rowTitles } from './endpoint-row.ts';
import { escapeText } from './escape.ts';
import { moduleOf } from './module-name.ts';
import { portQryState, readState } from './state-name.ts';
import { utcText } from './status-line.ts';

/** What an entry says of the modules of its process. */
export type ModuleNote =
  | { readonly kind: 'Listed'; readonly modules: readonly string[] }
  /** They are those of this process's entry with that stamp in the same file. */
  | { readonly kind: 'AsBefore'; readonly stamp: string }
  /** The process was gone before they could be read, or they may not be read. */
  | { readonly kind: 'Unreadable' };

export interface ProcessEntry {
  /** Null for the endpoints that nobody owns. */
  readonly owner: ProcessFacts | null;
  readonly endpoints: readonly LoggedEndpoint[];
  readonly statistics: PortStatistics;
  readonly modules: ModuleNote;
}

export const separator = '='.repeat(54);
export const endOfLog = '========= end of log file =========';

/** Endpoints without an owner stand under this pid, which no process has. */
export const nobodyPid = 0;
const nobody = 'no process';

export const noService = "Process doesn't appear to be a service";
export const noModules = 'Could not access module information for this process';
export const modulesTitle = 'Loaded modules:';

const optional = (text: string | null): string => (text === null ? '' : escapeText(text));

export const shownName = (owner: ProcessFacts | null): string =>
  owner === null ? nobody : optional(moduleOf(owner.name, owner.path));

function ownerLines(owner: ProcessFacts | null): string[] {
  const lines = [`Process ID: ${owner?.pid ?? nobodyPid} (${shownName(owner)})`];
  if (owner === null) return lines;
  const { user, path, startTime, services } = owner;
  lines.push(`User context: <${optional(user)}>`);
  if (path !== null) lines.push(`Path: ${escapeText(path)}`);
  if (startTime !== null) lines.push(`Started: ${utcText(startTime)}`);
  if (services === null) return lines;
  if (services.length === 0) return [...lines, '', noService];
  return [...lines, ...services.flatMap((each) => ['', `Service Name: ${escapeText(each)}`])];
}

/** Statistics are counted over our states, and name others as they came. */
const stateTitle = (state: string): string => {
  const known: State | null = readState(state);
  return known === null ? state : portQryState(known);
};

export function statisticsLines({ tcpMappings, udpMappings, states }: PortStatistics): string[] {
  const counts = states.map(({ state, count, percent }) => {
    return `TCP ports in a ${stateTitle(state)} state: \t${count} = ${percent.toFixed(2)}%`;
  });
  return [
    'Port Statistics',
    '',
    `TCP mappings: ${tcpMappings}`,
    `UDP mappings: ${udpMappings}`,
    ...(counts.length > 0 ? ['', ...counts] : []),
  ];
}

function moduleLines(note: ModuleNote): string[] {
  if (note.kind === 'Unreadable') return [noModules];
  if (note.kind === 'AsBefore') return [`${modulesTitle} see the entry of ${note.stamp}`];
  return [modulesTitle, ...note.modules.map(escapeText)];
}

/** From the title to the separator. */
export function processEntry({ owner, endpoints, statistics, modules }: ProcessEntry): string[] {
  const pid = owner?.pid ?? nobodyPid;
  return [
    ...ownerLines(owner),
    '',
    `PID\t${rowTitles}`,
    ...endpoints.map(({ endpoint, attribution }) => {
      return `${pid}\t${endpointRow(endpoint, attribution ?? 'None')}`;
    }),
    '',
    ...statisticsLines(statistics),
    '',
    ...moduleLines(modules),
    '',
    separator,
  ];
}

/** The beginning of an entry of PR-PIDS; `stamp` is that of its records in PR-PORTS. */
export const entryTitle = (stamp: string): string => `Date and time: ${stamp}`;
