// A record of PR-PORTS as the change that it tells of. What its records have in common becomes one
// owner for all of them.

import type { Attribution, Endpoint } from '../../model/endpoint.ts';
import type { Ownership, ProcessFacts } from '../../model/process.ts';
import type { RecordRow } from '../read/record-rows.ts';
import type { RecordTemplate } from '../read/record-template.ts';
import type { AppliedChange } from './open-endpoints.ts';

const appliedKinds = ['Appeared', 'Changed', 'Reattributed', 'Disappeared'] as const;

const kindOf = (change: string | null): AppliedChange['kind'] | null =>
  appliedKinds.find((kind) => kind === change) ?? null;

function ownerOf(template: RecordTemplate): ProcessFacts | null {
  const { OwningProcess: pid, ProcessStartTime: started } = template;
  if (pid === null) return null;
  return {
    pid,
    startTime: started === null ? null : Date.parse(started),
    name: template.ProcessName,
    path: template.Path,
    commandLine: null,
    user: template.User,
    services: template.Services,
    modules: null,
  };
}

const attributionOf = ({ Attribution }: RecordTemplate): Attribution => Attribution ?? 'None';

export class RecordedChanges {
  readonly #ownerships = new WeakMap<RecordTemplate, Ownership>();

  /** Null for what is no change of an endpoint, and where the log does not tell its state. */
  of(row: RecordRow): AppliedChange | null {
    const { template, time, protocol, localAddress } = row;
    const kind = kindOf(template.Change);
    if (kind === null || protocol === null || localAddress === null) return null;
    if (template.State === null) return null;
    const endpoint: Endpoint = {
      protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
      family: localAddress.includes(':') ? 'IPv6' : 'IPv4',
      localAddress,
      localPort: row.localPort ?? 0,
      remoteAddress: row.remoteAddress,
      remotePort: row.remotePort,
      state: template.State,
      namespace: template.Namespace,
    };
    const ownership = this.#ownership(template);
    return {
      kind,
      time,
      endpoint,
      ownership,
      previousState: template.PreviousState,
      previousOwner: null,
    };
  }

  #ownership(template: RecordTemplate): Ownership {
    let ownership = this.#ownerships.get(template);
    if (ownership === undefined) {
      const owner = ownerOf(template);
      ownership = { owner, sharedWith: null, attribution: attributionOf(template) };
      this.#ownerships.set(template, ownership);
    }
    return ownership;
  }
}
