// A change as one line of PR-PORTS. What an owner has in common over its changes is put together
// once.
//
//   05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<NT AUTHORITY\SYSTEM>
//
// Genuine: the date and time are local and nothing but the year is padded; ports stand before
// addresses; a listener has an empty remote port and 0.0.0.0; UDP without another end has `*,*`.
// Ours: `::` for a listener on IPv6; empty fields where nobody owns the endpoint; and the columns
// from the state on (port-columns.ts).

import type { EndpointChange } from '../../model/change.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import type { Ownership, ProcessFacts } from '../../model/process.ts';
import { escapeList, escapeText } from './escape.ts';
import { moduleOf } from './module-name.ts';
import type { LogFormat } from './port-columns.ts';
import { utcText } from './status-line.ts';
import { type Offset, recordStamp, wallTime } from './wall-time.ts';

const optional = (text: string | null): string => (text === null ? '' : escapeText(text));

function remoteEnd({ protocol, family, remoteAddress, remotePort }: Endpoint): string {
  if (remoteAddress !== null && remotePort !== null) return `${remotePort},${remoteAddress}`;
  if (protocol === 'UDP') return '*,*';
  return family === 'IPv4' ? ',0.0.0.0' : ',::';
}

/** `1096,svchost.exe,<NT AUTHORITY\SYSTEM>` */
function genuineOwner(owner: ProcessFacts | null): string {
  const module = owner === null ? null : moduleOf(owner.name, owner.path);
  return `${owner?.pid ?? ''},${optional(module)},<${optional(owner?.user ?? null)}>`;
}

/** `Kernel,TermService,C:\Windows\System32\svchost.exe,2026-07-06T11:44:04.000000Z` */
function ourOwner({ owner, attribution }: Ownership): string {
  const services = escapeList(owner?.services ?? null);
  const started = typeof owner?.startTime === 'number' ? utcText(owner.startTime) : '';
  return `${attribution},${services},${optional(owner?.path ?? null)},${started}`;
}

interface OwnerTexts {
  /** What the texts were made of: facts may be filled in later. */
  readonly made: readonly unknown[];
  readonly genuine: string;
  readonly ours: string;
}

const factsOf = (owner: ProcessFacts | null): readonly unknown[] =>
  owner === null
    ? []
    : [owner.pid, owner.name, owner.user, owner.services, owner.path, owner.startTime];

const mostNamespaces = 10_000;

export class PortLines {
  readonly #format: LogFormat;
  readonly #offset: Offset;
  readonly #owners = new WeakMap<Ownership, OwnerTexts>();
  readonly #namespaces = new Map<string | null, string>();
  #second = Number.NaN;
  #local = '';
  #utc = '';

  constructor(format: LogFormat, offset: Offset) {
    this.#format = format;
    this.#offset = offset;
  }

  /** Without its end of line. */
  line(change: EndpointChange): string {
    const { endpoint, ownership } = change;
    const micros = Math.round(change.time * 1000);
    const second = Math.floor(micros / 1e6);
    if (second !== this.#second) this.#enterSecond(second);
    const owner = this.#ownerTexts(ownership);
    const genuine =
      `${this.#local},${endpoint.protocol},${endpoint.localPort},${endpoint.localAddress},` +
      `${remoteEnd(endpoint)},${owner.genuine}`;
    if (this.#format === 'Legacy') return genuine;
    const fraction = String(micros - second * 1e6).padStart(6, '0');
    return (
      `${genuine},${endpoint.state},${change.previousState ?? ''},${change.kind},` +
      `${this.#utc}${fraction}Z,${owner.ours},${this.#namespaceText(endpoint.namespace)}`
    );
  }

  #enterSecond(second: number): void {
    this.#second = second;
    this.#local = recordStamp(wallTime(second * 1000, this.#offset));
    this.#utc = utcText(second * 1000).slice(0, -'000000Z'.length);
  }

  #ownerTexts(ownership: Ownership): OwnerTexts {
    const facts = factsOf(ownership.owner);
    let texts = this.#owners.get(ownership);
    if (texts === undefined || !facts.every((fact, index) => fact === texts?.made[index])) {
      const genuine = genuineOwner(ownership.owner);
      texts = { made: facts, genuine, ours: ourOwner(ownership) };
      this.#owners.set(ownership, texts);
    }
    return texts;
  }

  #namespaceText(namespace: string | null): string {
    let text = this.#namespaces.get(namespace);
    if (text === undefined) {
      text = optional(namespace);
      if (this.#namespaces.size >= mostNamespaces) this.#namespaces.clear();
      this.#namespaces.set(namespace, text);
    }
    return text;
  }
}

/** In the Legacy format, which has no state, only what brings a port into use is a record: a state
 * that changes, or an end, would read as one more use. */
export function isPortUse({ kind, endpoint, previousState }: EndpointChange): boolean {
  if (kind !== 'Changed') return kind !== 'Disappeared';
  const hadNoPeer = previousState === 'Bound' || previousState === 'Listen';
  const hasOtherEnds = previousState === endpoint.state;
  return hasOtherEnds || (hadNoPeer && endpoint.remoteAddress !== null);
}
