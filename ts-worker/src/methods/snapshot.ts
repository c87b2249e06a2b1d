// What answers the requests of Get-PortSnapshot: `snapshot`, `processes`, `statistics`, and
// `complete` for its argument completers.

import { compileFilter } from '../model/filter/filter.ts';
import type { ProcessFacts } from '../model/process.ts';
import { countPorts } from '../model/statistics.ts';
import { type Answer, invalidRequest, linesOf } from '../protocol/answer.ts';
import { filterTexts, flag, type Parameters, text } from '../protocol/parameters.ts';
import { statisticsProperties } from '../protocol/process-lines.ts';
import type { Method } from '../protocol/server.ts';
import { Templates } from '../protocol/templates.ts';
import { HostNames } from '../snapshot/host-names.ts';
import { groupByProcess, type ProcessBlock } from '../snapshot/process-blocks.ts';
import type { SnapshotRows } from '../snapshot/rows.ts';
import type { Snapshot, Snapshots } from '../snapshot/snapshot.ts';
import { toIso } from '../time/iso.ts';

/** Milliseconds that all host names of one request may take together. */
const hostNameBound = 2000;

export const processOf = ({ owner, statistics }: ProcessBlock) => ({
  OwningProcess: owner?.pid ?? null,
  ProcessName: owner?.name ?? null,
  Path: owner?.path ?? null,
  User: owner?.user ?? null,
  Services: owner?.services ?? null,
  Statistics: statisticsProperties(statistics),
  Modules: owner?.modules ?? null,
});

const whatIsLeft =
  process.platform === 'win32' ? 'only its id and name are shown' : 'the owner is left empty';

const adminShell =
  process.platform === 'win32'
    ? 'an elevated shell (Run as administrator)'
    : 'a root shell (sudo pwsh)';

/** One warning for all owners that exist and could not be seen; filters by process leave their
 * endpoints out. */
async function warnOfHidden({ hidden, unjudged, table }: Snapshot, answer: Answer): Promise<void> {
  const count = hidden + unjudged;
  if (count === 0) return;
  const belong = count === 1 ? '1 endpoint belongs' : `${count} endpoints belong`;
  const [reason, hint] = table.elevated
    ? [
        'the system hides even from an administrator',
        'A container or a security policy may hide it.',
      ]
    : ['your rights do not let you see', `Run the command in ${adminShell} to see every owner.`];
  const effect = unjudged > 0 ? 'your filters by process may miss what is theirs' : whatIsLeft;
  const message = `${belong} to a process that ${reason}; ${effect}. ${hint}`;
  await answer.warn('PR_OWNER_HIDDEN', message, hint);
}

/** Each once. */
function remoteAddresses({ sockets, places }: SnapshotRows): string[] {
  const numbers = new Set(places.map((place) => sockets.remoteAddress[place] ?? 0));
  return [...numbers].flatMap((number) => sockets.addresses[number] ?? []);
}

export class SnapshotMethods {
  readonly #snapshots: Snapshots;
  readonly #hostNames: HostNames;

  constructor(snapshots: Snapshots, hostNames = new HostNames()) {
    this.#snapshots = snapshots;
    this.#hostNames = hostNames;
  }

  readonly methods: Readonly<Record<string, Method>> = {
    snapshot: async (parameters, answer) => {
      const taken = await this.#take(parameters, answer);
      const { rows } = taken;
      const templates = new Templates(toIso(taken.table.start));
      const names = flag(parameters, 'resolveHostName');
      if (names) await this.#sendKnownNames(rows, answer);
      for (const [begin, end] of linesOf(rows.length)) {
        const { part, columns } = templates.batch(rows.slice(begin, end));
        await answer.sendColumns(part, 'endpoints', columns);
      }
      await warnOfHidden(taken, answer);
      if (names) await this.#sendNames(rows, answer);
      return { rows: rows.length };
    },

    processes: async (parameters, answer) => {
      const taken = await this.#take(parameters, answer);
      const { rows } = taken;
      const templates = new Templates(toIso(taken.table.start));
      const names = flag(parameters, 'resolveHostName');
      if (names) await this.#sendKnownNames(rows, answer);
      for (const block of groupByProcess(rows)) {
        const { part, columns } = templates.batch(block.rows);
        await answer.sendColumns({ process: processOf(block), ...part }, 'endpoints', columns);
      }
      await warnOfHidden(taken, answer);
      if (names) await this.#sendNames(rows, answer);
      return { rows: rows.length };
    },

    statistics: async (parameters, answer) => {
      const taken = await this.#take(parameters, answer);
      const { rows } = taken;
      const statistics = countPorts(rows.endpoints());
      await answer.send({ statistics: statisticsProperties(statistics) });
      if (taken.unjudged > 0) await warnOfHidden(taken, answer);
      return { rows: rows.length };
    },

    complete: async (parameters, answer) => {
      const values = await this.#values(text(parameters, 'property') ?? '');
      const prefix = (text(parameters, 'prefix') ?? '').toLowerCase();
      const fitting = values.filter((each) => each.toLowerCase().startsWith(prefix));
      await answer.send({ values: [...new Set(fitting)].sort() });
      return {};
    },
  };

  async #take(parameters: Parameters, answer: Answer): Promise<Snapshot> {
    const filter = compileFilter(filterTexts(parameters));
    const modules = flag(parameters, 'includeModules');
    const taken = await this.#snapshots.take({
      filter,
      modules,
      source: text(parameters, 'source'),
    });
    for (const note of taken.table.notes) await answer.verbose(note);
    return taken;
  }

  async #sendKnownNames(rows: SnapshotRows, answer: Answer): Promise<void> {
    const known = remoteAddresses(rows).flatMap((address) => {
      const name = this.#hostNames.remembered(address);
      return name === null ? [] : [[address, name] as const];
    });
    if (known.length > 0) await answer.send({ names: Object.fromEntries(known) });
  }

  async #sendNames(rows: SnapshotRows, answer: Answer): Promise<void> {
    const addresses = remoteAddresses(rows);
    const names = await this.#hostNames.resolve(addresses, hostNameBound, answer.signal);
    answer.checkCancelled();
    if (names.size > 0) await answer.send({ names: Object.fromEntries(names) });
  }

  async #values(property: string): Promise<string[]> {
    const taken = await this.#snapshots.take({
      filter: compileFilter({}),
      modules: false,
      source: null,
    });
    const owners = taken.rows.ownerships.flatMap(({ owner }) => owner ?? []);
    const ofOwner = (pick: (owner: ProcessFacts) => readonly string[] | string | null) =>
      owners.flatMap((owner) => pick(owner) ?? []);
    if (property === 'ProcessName') return ofOwner(({ name }) => name);
    if (property === 'User') return ofOwner(({ user }) => user);
    if (property === 'Service') return ofOwner(({ services }) => services);
    if (property === 'Namespace') {
      return taken.rows.sockets.kinds.flatMap(({ namespace }) => namespace ?? []);
    }
    throw invalidRequest(`Nothing completes '${property}'.`, property);
  }
}
