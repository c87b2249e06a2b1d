// A record of PR-PORTS as it is read: what the genuine columns say, and ours where they are there.
// A field that can't be understood throws BadField, which says what was expected.

import { isAddress } from '../../model/address.ts';
import { type ChangeKind, changeKinds } from '../../model/change.ts';
import type { AddressFamily, Attribution, Protocol, State } from '../../model/endpoint.ts';
import { unescapeList, unescapeText } from './escape.ts';
import { nameOf } from './module-name.ts';
import { ownText } from './own-text.ts';
import type { PortColumn } from './port-columns.ts';
import { readState } from './state-name.ts';
import { parseUtcText } from './status-line.ts';

/** Null wherever the file does not say. */
export interface PortRecord {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly change: ChangeKind | null;
  readonly protocol: Protocol;
  readonly family: AddressFamily;
  readonly localAddress: string;
  /** 0 where nobody ever knew it. */
  readonly localPort: number;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  readonly state: State | null;
  readonly previousState: State | null;
  readonly pid: number | null;
  readonly name: string | null;
  readonly user: string | null;
  readonly services: readonly string[] | null;
  readonly path: string | null;
  /** Milliseconds since the epoch. */
  readonly startTime: number | null;
  readonly attribution: Attribution | null;
  readonly namespace: string | null;
}

export class BadField extends Error {
  readonly expected: string;

  constructor(column: string, expected: string) {
    super(`${column}: ${expected}`);
    this.expected = `${column}: ${expected}`;
  }
}

/** The fields of one line: null where the line has no such column. */
export interface Fields {
  text(column: PortColumn): string | null;
  /** True where names are percent-encoded. */
  readonly isEscaped: boolean;
}

const attributions: readonly Attribution[] = ['Kernel', 'Table', 'Listener', 'Cached', 'None'];

/** Null where the column is missing or the field is empty. */
function optional(fields: Fields, column: PortColumn): string | null {
  return fields.text(column) || null;
}

function name(fields: Fields, column: PortColumn): string | null {
  const text = optional(fields, column);
  return text !== null && fields.isEscaped ? unescapeText(text) : text;
}

function choice<Value extends string>(
  fields: Fields,
  column: PortColumn,
  values: readonly Value[],
): Value | null {
  const text = optional(fields, column);
  const value = values.find((each) => each === text) ?? null;
  if (text !== null && value === null) throw new BadField(column, `one of ${values.join(', ')}`);
  return value;
}

function state(fields: Fields, column: PortColumn): State | null {
  const text = optional(fields, column);
  const known = text === null ? null : readState(text);
  if (text !== null && known === null) throw new BadField(column, 'a state of TCP');
  return known;
}

export function readProtocol(text: string | null): Protocol {
  if (text === 'TCP' || text === 'UDP') return text;
  throw new BadField('protocol', 'TCP or UDP');
}

export function readPort(text: string | null, column: PortColumn): number {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new BadField(column, 'a number from 0 to 65535');
}

const mostAddresses = 50_000;
/** The name of a zone may stand behind an address. */
const longestAddress = 100;
const knownAddresses = new Set<string>();

/** As isAddress(). The same few addresses come again and again, and those of IPv6 take longer to
 * read than to look up. */
function isKnownAddress(text: string): boolean {
  if (!text.includes(':')) return isAddress(text);
  if (knownAddresses.has(text)) return true;
  if (!isAddress(text)) return false;
  if (knownAddresses.size >= mostAddresses) knownAddresses.clear();
  knownAddresses.add(ownText(text));
  return true;
}

export function readAddress(text: string | null, column: PortColumn): string {
  if (text !== null && text.length <= longestAddress && isKnownAddress(text)) return text;
  throw new BadField(column, 'an IPv4 or IPv6 address');
}

export interface RemoteEnd {
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
}

/** An empty port or `*` says that there is no other end, whatever the address. */
export function readRemoteEnd(port: string | null, address: string | null): RemoteEnd {
  if (port === '*' && address === '*') return { remoteAddress: null, remotePort: null };
  const remoteAddress = readAddress(address, 'remote IP address');
  if (port === '') return { remoteAddress: null, remotePort: null };
  return { remoteAddress, remotePort: readPort(port, 'remote port') };
}

/** As far as an [int] goes; those of all systems are lower. */
export const highestPid = 0x7fffffff;

/** Null where there is none; 0 is nobody, too: Windows credits it with what has no process. */
export function readPid(text: string | null): number | null {
  if (text === null || text === '') return null;
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(pid <= highestPid)) throw new BadField('PID', 'a number up to 2147483647');
  return pid || null;
}

/** `<NT AUTHORITY\SYSTEM>` */
function user(fields: Fields): string | null {
  const text = optional(fields, 'user context');
  const bare = /^<(.*)>$/.exec(text ?? '')?.[1] ?? text;
  if (bare === null || bare === '') return null;
  return fields.isEscaped ? unescapeText(bare) : bare;
}

function startTime(fields: Fields): number | null {
  const text = optional(fields, 'started');
  const moment = text === null ? null : parseUtcText(text);
  if (text !== null && moment === null) {
    throw new BadField('started', 'a time such as 2026-07-06T11:44:04.000000Z');
  }
  return moment;
}

/** Without a column for it: UDP is always Bound, and what has no other end listens. */
function stateOf(fields: Fields, protocol: Protocol, { remotePort }: RemoteEnd): State | null {
  if (fields.text('state') !== null) return state(fields, 'state');
  if (protocol === 'UDP') return 'Bound';
  return remotePort === null ? 'Listen' : null;
}

export type OwnerPart = Pick<
  PortRecord,
  'pid' | 'name' | 'user' | 'services' | 'path' | 'startTime' | 'attribution' | 'namespace'
>;

export function readOwnerPart(fields: Fields): OwnerPart {
  return {
    pid: readPid(fields.text('PID')),
    name: nameOf(name(fields, 'module'), name(fields, 'path')),
    user: user(fields),
    services: unescapeList(fields.text('service') ?? ''),
    path: name(fields, 'path'),
    startTime: startTime(fields),
    attribution: choice(fields, 'attribution', attributions),
    namespace: name(fields, 'namespace'),
  };
}

export function readPortRecord(fields: Fields, time: number): PortRecord {
  const protocol = readProtocol(fields.text('protocol'));
  const localAddress = readAddress(fields.text('local IP address'), 'local IP address');
  const remote = readRemoteEnd(fields.text('remote port'), fields.text('remote IP address'));
  return {
    time,
    change: choice(fields, 'change', changeKinds),
    protocol,
    family: localAddress.includes(':') ? 'IPv6' : 'IPv4',
    localAddress,
    localPort: readPort(fields.text('local port'), 'local port'),
    ...remote,
    state: stateOf(fields, protocol, remote),
    previousState: state(fields, 'previous state'),
    ...readOwnerPart(fields),
  };
}
