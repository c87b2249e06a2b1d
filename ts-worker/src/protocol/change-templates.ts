// Changes as the conversation sends them: like endpoints, with a time for each (docs/protocol.md). A
// watch never ends, so the numbers of its templates begin again now and then.

import { type Change, type ChangeSource, changeKinds } from '../model/change.ts';
import { states } from '../model/endpoint.ts';
import type { Ownership } from '../model/process.ts';
import { toIso } from '../time/iso.ts';
import { ownerProperties } from './templates.ts';

export interface ChangeColumns {
  readonly Time: string[];
  readonly LocalAddress: (string | null)[];
  readonly LocalPort: (number | null)[];
  readonly RemoteAddress: (string | null)[];
  readonly RemotePort: (number | null)[];
  readonly Template: number[];
}

export interface ChangeBatch {
  /** True where the numbers of templates begin at 0 again. */
  readonly restart?: true;
  readonly templates?: readonly object[];
  readonly changes: ChangeColumns;
}

const mostTemplates = 4096;
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

export class ChangeTemplates {
  #numbers = new Map<Ownership, Map<number | string, number>>();
  #keys = new TemplateKeys();
  #count = 0;

  batch(changes: readonly Change[]): ChangeBatch {
    const restart = this.#count >= mostTemplates;
    if (restart) {
      this.#numbers = new Map();
      this.#keys = new TemplateKeys();
      this.#count = 0;
    }
    const templates: object[] = [];
    const endpoints = changes.map((change) => ('endpoint' in change ? change.endpoint : null));
    const columns: ChangeColumns = {
      Time: changes.map(({ time }) => toIso(time)),
      LocalAddress: endpoints.map((endpoint) => endpoint?.localAddress ?? null),
      LocalPort: endpoints.map((endpoint) => endpoint?.localPort || null), // 0: never known
      RemoteAddress: endpoints.map((endpoint) => endpoint?.remoteAddress ?? null),
      RemotePort: endpoints.map((endpoint) => endpoint?.remotePort ?? null),
      Template: changes.map((change) => this.#number(change, templates)),
    };
    return {
      ...(restart ? { restart } : {}),
      ...(templates.length > 0 ? { templates } : {}),
      changes: columns,
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
