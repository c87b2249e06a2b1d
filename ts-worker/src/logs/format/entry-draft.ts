// One block of PR-INITIAL or entry of PR-PIDS while it is being read, from its title on.

import { type ProcessFacts, unknownProcess } from '../../model/process.ts';
import { countPorts, type PortStatistics, type StateCount } from '../../model/statistics.ts';
import { type LoggedEndpoint, readEndpointRow } from './endpoint-row.ts';
import { unescapeText } from './escape.ts';
import { nameOf } from './module-name.ts';
import { modulesTitle, nobodyPid } from './process-entry.ts';
import { readState } from './state-name.ts';
import { parseUtcText } from './status-line.ts';
import type { WallTime } from './wall-time.ts';

/** What its title says, and where. */
export interface EntryTitle {
  readonly pid: number;
  readonly name: string;
  /** Of PR-PIDS only. */
  readonly stamp: WallTime | null;
  readonly lineNumber: number;
  readonly isEscaped: boolean;
}

export interface ReadEntry {
  readonly stamp: WallTime | null;
  /** Null for the endpoints that nobody owns. */
  readonly owner: ProcessFacts | null;
  readonly endpoints: readonly LoggedEndpoint[];
  readonly statistics: PortStatistics;
  /** The stamp of the entry that lists the modules; null where this one does, or none. */
  readonly modulesAt: string | null;
  readonly lineNumber: number;
}

/** What its lines said until now. */
interface Known {
  readonly user: string | null;
  readonly path: string | null;
  readonly startTime: number | null;
  readonly services: readonly string[] | null;
  readonly modules: string[] | null;
  readonly modulesAt: string | null;
  readonly endpoints: LoggedEndpoint[];
  readonly tcpMappings: number | null;
  readonly udpMappings: number | null;
  readonly states: readonly StateCount[];
}

/** Null where the line can't be what it looks like. `text` decodes what a process is called. */
type LineReader = (
  value: string,
  known: Known,
  text: (written: string) => string | null,
  match: RegExpExecArray,
) => Partial<Known> | null;

function startedAt(written: string): Partial<Known> | null {
  const startTime = parseUtcText(written);
  return startTime === null ? null : { startTime };
}

function addState(name: string, { states }: Known, count: string, percent: string): Partial<Known> {
  const state = readState(name) ?? name;
  return { states: [...states, { state, count: Number(count), percent: Number(percent) }] };
}

/** Of a file that somebody made up, too, an entry must fit into memory. */
const mostRows = 1_000_000;

function pushBounded<Row>(rows: Row[], row: Row): boolean {
  return rows.length < mostRows && rows.push(row) > 0;
}

/** `<NT AUTHORITY\SYSTEM>` */
const bare = (user: string): string => user.trim().replace(/^</, '').replace(/>$/, '');

const whereLoaded = /\s\(0x[0-9a-f]+\)\s*$/i;

const endpointLine = /^\s*\d+\s+((?:TCP|UDP)\s.*)$/;
const lineReaders: readonly (readonly [pattern: RegExp, read: LineReader])[] = [
  [/^\s*User(?: context)?\s*:(.*)$/i, (user, _, text) => ({ user: text(bare(user)) })],
  [/^Path: (.*)$/, (path, _, text) => ({ path: text(path) })],
  [/^Started: (.*)$/, startedAt],
  [
    /^Service Name: (.*)$/,
    (name, { services }, text) => ({ services: [...(services ?? []), text(name) ?? ''] }),
  ],
  [/^(Process doesn't appear to be a service)/, () => ({ services: [] })],
  [/^TCP mappings:\s*(\d{1,9})\s*$/, (count) => ({ tcpMappings: Number(count) })],
  [/^UDP mappings:\s*(\d{1,9})\s*$/, (count) => ({ udpMappings: Number(count) })],
  [
    /^TCP ports in an? (.+) state:\s*(\d{1,9}) = (\d{1,9}(?:\.\d{1,9})?)%\s*$/,
    (name, known, _, match) => addState(name, known, match[2] ?? '', match[3] ?? ''),
  ],
  [/^Loaded modules: see the entry of (\S+)\s*$/, (modulesAt) => ({ modulesAt })],
  [/^(Could not access module information)/, () => ({ modules: null })],
  [/^(Port Statistics|PID\s+Port\s.*|Display Name:.*|Service Type:.*)$/, () => ({})],
];

export class EntryDraft {
  readonly #title: EntryTitle;
  /** The list of modules ends with an empty line; until then a line may say anything. */
  #isInModules = false;
  #known: Known = {
    user: null,
    path: null,
    startTime: null,
    services: null,
    modules: null,
    modulesAt: null,
    endpoints: [],
    tcpMappings: null,
    udpMappings: null,
    states: [],
  };

  constructor(title: EntryTitle) {
    this.#title = title;
  }

  get isInModules(): boolean {
    return this.#isInModules;
  }

  /** False where the line says nothing that is known. */
  take(line: string): boolean {
    if (this.#isEmpty(line)) this.#isInModules = false;
    else if (this.#isInModules) return this.#addModule(line);
    else if (line.trimEnd() === modulesTitle) this.#learn({ modules: [] }, true);
    else return this.#takeLabelled(line);
    return true;
  }

  /** False where the line is no endpoint, or stands among the modules. */
  takeEndpoint(line: string): boolean {
    const row = this.#isInModules ? null : endpointLine.exec(line);
    const endpoint = row === null ? null : readEndpointRow(row[1] ?? '');
    return endpoint !== null && this.addEndpoint(endpoint);
  }

  /** False where there are more than any process has. */
  addEndpoint(row: LoggedEndpoint): boolean {
    return pushBounded(this.#known.endpoints, row);
  }

  /** A module of ours may be called by a blank. */
  #isEmpty(line: string): boolean {
    return this.#title.isEscaped ? line === '' : line.trim() === '';
  }

  #takeLabelled(line: string): boolean {
    for (const [pattern, read] of lineReaders) {
      const match = pattern.exec(line);
      if (match === null) continue;
      const learned = read(match[1] ?? '', this.#known, (text) => this.#text(text), match);
      if (learned !== null) this.#learn(learned, false);
      return learned !== null;
    }
    return false;
  }

  #learn(learned: Partial<Known>, isInModules: boolean): void {
    this.#known = { ...this.#known, ...learned };
    this.#isInModules = isInModules;
  }

  /** Behind a genuine one stands in brackets where it lies in memory. */
  #addModule(line: string): boolean {
    const written = this.#title.isEscaped ? line : line.replace(whereLoaded, '').trimEnd();
    return pushBounded(this.#known.modules ?? [], this.#text(written) ?? '');
  }

  #text(written: string): string | null {
    if (written === '') return null;
    return this.#title.isEscaped ? unescapeText(written) : written;
  }

  finish(): ReadEntry {
    const { stamp, lineNumber, pid } = this.#title;
    const { user, path, startTime, services, modules, modulesAt, endpoints } = this.#known;
    const name = this.#text(this.#title.name);
    const facts = {
      ...unknownProcess(pid, startTime),
      name: nameOf(name, path),
      user,
      path,
      services,
      modules,
    };
    const owner = pid === nobodyPid ? null : facts;
    return { stamp, owner, endpoints, statistics: this.#statistics(), modulesAt, lineNumber };
  }

  /** As they are written, since they may be of more endpoints than are listed. */
  #statistics(): PortStatistics {
    const { tcpMappings, udpMappings, states, endpoints } = this.#known;
    if (tcpMappings !== null && udpMappings !== null) return { tcpMappings, udpMappings, states };
    return countPorts(endpoints.map(({ endpoint }) => endpoint));
  }
}
