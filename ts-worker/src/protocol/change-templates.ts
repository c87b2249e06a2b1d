// Changes as the conversation sends them: like records of PR-PORTS, as columns of numbers
// (docs/protocol.md). A watch never ends, so the numbers of its templates and addresses begin again
// now and then.

import { type Ends, GrowingColumns, type RecordColumns } from '../logs/read/record-columns.ts';
import { noEnds } from '../logs/read/record-ends.ts';
import { type Change, type ChangeSource, changeKinds } from '../model/change.ts';
import { type Endpoint, states } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import { ownerProperties } from './templates.ts';

export interface ChangeBatch {
  /** True where the numbers of templates and addresses begin at 0 again. */
  readonly restart?: true;
  readonly templates?: readonly object[];
  /** An address a line. */
  readonly addresses?: string;
  readonly changes: Omit<RecordColumns, 'LineNumber' | 'LineBase'>;
}

/** So many go on a line: to hand on a line takes more than a thousand changes in it. */
export const changesPerLine = 2000;

const mostTemplates = 4096;
/** With those of one more line their numbers still fit into two bytes. */
const mostAddresses = 2 ** 15 - 2 * changesPerLine;
const changeSources: readonly ChangeSource[] = ['Kernel', 'Polling', 'Inferred', 'Table'];
const indexOf = <Word>(words: readonly Word[], word: Word): number => words.indexOf(word);
const nobody: Ownership = { owner: null, sharedWith: null, attribution: 'None' };

function templateOf(change: Change): object {
  const endpoint = 'endpoint' in change ? change.endpoint : null;
  const ownership = 'ownership' in change ? change.ownership : nobody;
  return {
    Change: change.kind,
    PreviousState: 'previousState' in change ? change.previousState : null,
    PreviousProcess: 'previousOwner' in change ? (change.previousOwner?.pid ?? null) : null,
    Source: change.source,
    Missed: change.kind === 'Gap' ? change.missed : null,
    Reason: change.kind === 'Gap' ? change.reason : null,
    Protocol: endpoint?.protocol ?? null,
    AddressFamily: endpoint?.family ?? null,
    State: endpoint?.state ?? null,
    Namespace: endpoint?.namespace ?? null,
    ...ownerProperties(ownership),
  };
}

/** What makes a template of one owner, as a number where it can: a busy watch asks for hundreds of
 * thousands a second, and texts would be most of its work. */
class TemplateKeys {
  readonly #namespaces = new Map<string | null, number>();

  of(change: Change): number | string {
    if (change.kind === 'Gap') return `${change.missed} ${change.reason} ${change.source}`;
    if (change.kind === 'ProcessExited') return change.source;
    const { endpoint, previousState, previousOwner } = change;
    const before = previousState === null ? 0 : indexOf(states, previousState) + 1;
    const family = endpoint.family === 'IPv6' ? 1 : 0;
    const kind = indexOf(changeKinds, change.kind) * 4 + indexOf(changeSources, change.source);
    const state = indexOf(states, endpoint.state) * 16 + before;
    const protocol = (endpoint.protocol === 'UDP' ? 2 : 0) + family;
    const key = ((this.#namespace(endpoint.namespace) * 32 + kind) * 256 + state) * 4 + protocol;
    return previousOwner === null ? key : `${key} ${previousOwner.pid}`;
  }

  #namespace(name: string | null): number {
    let number = this.#namespaces.get(name);
    if (number === undefined) {
      number = this.#namespaces.size;
      this.#namespaces.set(name, number);
    }
    return number;
  }
}

/** Texts by number; -1 for none. */
class NumberedTexts {
  readonly #numbers = new Map<string, number>();
  #fresh: string[] = [];

  get count(): number {
    return this.#numbers.size;
  }

  of(text: string | null): number {
    if (text === null) return -1;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(text, number);
      this.#fresh.push(text);
    }
    return number;
  }

  /** Those that got a number since the last call. */
  takeFresh(): string[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }
}

export class ChangeTemplates {
  #numbers = new Map<Ownership, Map<number | string, number>>();
  #keys = new TemplateKeys();
  #addresses = new NumberedTexts();
  #count = 0;
  readonly #columns = new GrowingColumns(changesPerLine);

  /** Of at most changesPerLine those that a line can have: all, but for such as are half an hour from the first. */
  batch(changes: readonly Change[]): ChangeBatch {
    const restart = this.#count >= mostTemplates || this.#addresses.count >= mostAddresses;
    if (restart) this.#restart();
    const templates: object[] = [];
    for (const change of changes) {
      const ends = 'endpoint' in change ? this.#endsOf(change.endpoint) : noEnds;
      const number = this.#number(change, templates);
      if (!this.#columns.add(change.time, ends, 0, number)) break;
    }
    const { LineNumber: _, LineBase: __, ...columns } = this.#columns.take();
    const addresses = this.#addresses.takeFresh();
    return {
      ...(restart ? { restart } : {}),
      ...(templates.length > 0 ? { templates } : {}),
      ...(addresses.length > 0 ? { addresses: addresses.join('\n') } : {}),
      changes: columns,
    };
  }

  #restart(): void {
    this.#numbers = new Map();
    this.#keys = new TemplateKeys();
    this.#addresses = new NumberedTexts();
    this.#count = 0;
  }

  #endsOf({ localAddress, localPort, remoteAddress, remotePort }: Endpoint): Ends {
    return {
      localAddress: this.#addresses.of(localAddress),
      localPort,
      remoteAddress: this.#addresses.of(remoteAddress),
      remotePort: remotePort ?? 0,
    };
  }

  #number(change: Change, templates: object[]): number {
    const ownership = 'ownership' in change ? change.ownership : nobody;
    let numbers = this.#numbers.get(ownership);
    if (numbers === undefined) {
      numbers = new Map();
      this.#numbers.set(ownership, numbers);
    }
    const key = this.#keys.of(change);
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#count++;
      numbers.set(key, number);
      templates.push(templateOf(change));
    }
    return number;
  }
}
