// A LogSet on a disk in memory, with time that passes when it is told to.

import { LogSet } from '../../../../ts-worker/src/logs/write/log-set.ts';
import {
  defaults,
  type LogSetOptions,
  type OpenNow,
} from '../../../../ts-worker/src/logs/write/options.ts';
import { keepAll } from '../../../../ts-worker/src/logs/write/retention.ts';
import type { Change, EndpointChange } from '../../../../ts-worker/src/model/change.ts';
import type { Endpoint } from '../../../../ts-worker/src/model/endpoint.ts';
import type { ProcessFacts } from '../../../../ts-worker/src/model/process.ts';
import { facts } from '../../support/rows.ts';
import { FakeClock, MemoryDisk } from './disk.ts';

/** 13:44:04 on the wall. */
export const noon = Date.UTC(2026, 6, 6, 11, 44, 4);

export const someone = facts(7, { name: 'a', user: 'root', startTime: 1000, services: [] });

export const endpoint = (localPort: number, about: Partial<Endpoint> = {}): Endpoint => ({
  protocol: 'TCP',
  family: 'IPv4',
  localAddress: '10.0.0.1',
  localPort,
  remoteAddress: '10.0.0.2',
  remotePort: 80,
  state: 'Established',
  namespace: 'default',
  ...about,
});

export const row = (at: Endpoint, owner: ProcessFacts | null = someone) => ({
  endpoint: at,
  ownership: { owner, sharedWith: null, attribution: 'Table' as const },
});

export class Recording {
  readonly disk: MemoryDisk;
  readonly clock: FakeClock;
  /** What is loaded by each pid that lives. */
  readonly modules = new Map<number, readonly string[]>([[7, ['/bin/a', '/lib/b']]]);
  /** What a look at the tables tells. */
  tables: OpenNow = { rows: [], until: 0 };
  looks = 0;
  #set: LogSet | null = null;

  constructor(disk = new MemoryDisk(), clock = new FakeClock(noon)) {
    this.disk = disk;
    this.clock = clock;
  }

  get set(): LogSet {
    if (this.#set === null) throw new Error('not open');
    return this.#set;
  }

  async open(options: Partial<LogSetOptions> = {}, rows: OpenNow['rows'] = []): Promise<this> {
    const processes = {
      read: async (pids: ReadonlySet<number>) => {
        const living = [...pids].filter((pid) => this.modules.has(pid));
        return new Map(
          living.map((pid) => [
            pid,
            facts(pid, { startTime: 1000, modules: this.modules.get(pid) ?? null }),
          ]),
        );
      },
    };
    const all: LogSetOptions = {
      ...defaults,
      directory: this.disk,
      clock: this.clock,
      processes,
      look: async () => {
        this.looks += 1;
        return this.tables;
      },
      machine: { computerName: 'TEST', operatingSystem: 'Debian' },
      newline: '\n',
      retention: keepAll,
      ...options,
    };
    this.#set = await LogSet.open(all, async () => ({ rows, until: this.clock.wall }));
    return this;
  }

  /** Time passes in steps, and each has its turn. */
  async pass(milliseconds: number, step = 250): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      this.clock.pass(Math.min(step, milliseconds - passed));
      await this.set.turn();
      await settled();
    }
  }

  change(about: Partial<EndpointChange> & { readonly port?: number } = {}): EndpointChange {
    const { port = 1000, ...rest } = about;
    return {
      kind: 'Appeared',
      time: this.clock.wall,
      previousState: null,
      previousOwner: null,
      source: 'Kernel',
      ...row(endpoint(port)),
      ...rest,
    };
  }

  tell(...changes: readonly Change[]): void {
    this.set.accept(changes);
  }

  /** Status lines without their time. */
  status(kind = 'PORTS'): string[] {
    return this.disk.lines(kind, /^# /).map((line) => line.replace(/^# \S+ /, ''));
  }

  /** Local ports of the records, in the order of the files. */
  ports(): number[] {
    return this.disk.lines('PORTS', /^\d/).map((line) => Number(line.split(',')[3]));
  }
}

/** What goes on in the background comes to its end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
