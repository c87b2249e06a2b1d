// Changes without end, as a busy server makes them: connections of many processes that come, are
// established, and go. Each is a change of its own object, as a source makes them.

import type { EndpointChange } from '../../../ts-worker/src/model/change.ts';
import type { Endpoint, State } from '../../../ts-worker/src/model/endpoint.ts';
import type { Ownership, ProcessFacts } from '../../../ts-worker/src/model/process.ts';

const processes = 500;

const modules = Array.from(
  { length: 30 },
  (_, i) => `/usr/lib/x86_64-linux-gnu/libmodule${i}.so.1`,
);

const factsOf = (index: number): ProcessFacts => ({
  pid: 1000 + index,
  startTime: Date.UTC(2026, 0, 1) + index * 1000,
  name: `server-${index}`,
  path: `/usr/lib/company/bin/server-${index}`,
  commandLine: `/usr/lib/company/bin/server-${index} --listen`,
  user: 'www-data',
  services: [`server-${index}.service`],
  modules,
});

const owners: readonly Ownership[] = Array.from({ length: processes }, (_, index) => ({
  owner: factsOf(index),
  sharedWith: [],
  attribution: 'Kernel',
}));

/** The processes of the changes, with their modules. */
export const processReader = {
  read: async (pids: ReadonlySet<number>) =>
    new Map([...pids].map((pid) => [pid, factsOf(pid - 1000)])),
};

type Step = readonly [EndpointChange['kind'], State, State | null];

const life: readonly Step[] = [
  ['Appeared', 'SynSent', null],
  ['Changed', 'Established', 'SynSent'],
  ['Changed', 'FinWait1', 'Established'],
  ['Disappeared', 'FinWait1', null],
];

function endpointOf(connection: number, state: State): Endpoint {
  return {
    protocol: 'TCP',
    family: 'IPv4',
    localAddress: `10.${(connection >> 20) & 255}.0.${1 + ((connection >> 15) & 31)}`,
    localPort: 10_000 + (connection & 32_767),
    remoteAddress: `192.0.2.${1 + (connection % 200)}`,
    remotePort: 443,
    state,
    namespace: 'default',
  };
}

export class Changes {
  #made = 0;

  get made(): number {
    return this.#made;
  }

  /** The next ones: 1,000 connections take their steps side by side. */
  next(count: number, time: number): EndpointChange[] {
    return Array.from({ length: count }, () => this.#one(time));
  }

  #one(time: number): EndpointChange {
    const number = this.#made++;
    const round = Math.floor(number / (1000 * life.length));
    const [kind, state, previousState] = life[Math.floor(number / 1000) % life.length] ?? [];
    const connection = round * 1000 + (number % 1000);
    const ownership = owners[connection % owners.length];
    if (kind === undefined || state === undefined || ownership === undefined) throw new Error();
    const endpoint = endpointOf(connection, state);
    const before = { previousState: previousState ?? null, previousOwner: null };
    return { kind, time, endpoint, ownership, ...before, source: 'Kernel' };
  }
}
