// One case: so many sockets in so many processes, everything timed in turns, then compared.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerShell } from '../../../build/tasks/powershell.ts';
import { peakMemory } from '../memory.ts';
import { Population, type PopulationSize } from '../sockets/population.ts';
import { elapsed, interleave, type Measurement, summarize, type Times } from '../timing.ts';
import { type Agreement, compare } from './agreement.ts';
import { countSockets, openFloors } from './floors.ts';
import { Session } from './session.ts';
import { outputOf, type Tool } from './tools.ts';
import { BareWorker } from './worker.ts';

export interface CaseResult {
  readonly size: PopulationSize;
  /** Sockets of the machine that were open besides ours. */
  readonly others: number;
  /** Version and kind of the PowerShell. */
  readonly powershell: string;
  /** The way of reading that Get-PortSnapshot took by itself. */
  readonly source: string;
  readonly times: ReadonlyMap<string, Times>;
  readonly agreements: ReadonlyMap<string, Agreement>;
  /** Peaks in megabytes. */
  readonly workerMemory: number;
  readonly workerMemorySockDiag: number;
  readonly powershellMemory: number;
}

export interface CaseOptions {
  readonly root: string;
  readonly powershell: PowerShell;
  readonly tools: readonly Tool[];
  /** A folder for what is handed from one program to another. */
  readonly folder: string;
}

/** The names under which the page looks the times up. */
export const names = {
  warm: 'Get-PortSnapshot',
  changed: 'Get-PortSnapshot, half the sockets new',
  sockDiag: 'Get-PortSnapshot without BPF',
  first: 'Get-PortSnapshot, first object',
  cold: 'Get-PortSnapshot, first call in a new shell',
  workerChanged: 'the worker alone, half the sockets new',
  worker: 'the worker alone',
  workerSockDiag: 'the worker alone without BPF',
  workerCold: 'the worker alone, started for it',
  conversion: 'floor: PowerShell, the same lines from memory',
} as const;

const withoutBpf = 'SockDiag';
/** Calls before the first that counts as warm: .NET compiles hot methods a second time. */
const warmUps = 5;
const coldRounds = 3;
/** Milliseconds in all rounds together; slower tools get two rounds. */
const budget = 30_000;

const roundsFor = (sockets: number): number => (sockets <= 1000 ? 15 : 11);

/** A new shell and a new worker each round: what the first call costs, and what memory it takes. */
async function measureCold({ root, powershell }: CaseOptions) {
  const rounds = { shell: [] as number[], worker: [] as number[], memory: 0 };
  for (let round = 0; round < coldRounds; round++) {
    const session = new Session(root, powershell);
    await session.ready();
    rounds.shell.push(await session.snapshot());
    rounds.memory = Math.max(rounds.memory, peakMemory(session.pid));
    await session.close();
    const start = performance.now();
    const worker = new BareWorker(root);
    await worker.snapshot(null);
    rounds.worker.push(performance.now() - start);
    await worker.close();
  }
  return rounds;
}

/** What stays open for all rounds of a case. */
class Bench {
  readonly population: Population;
  readonly session: Session;
  readonly worker: BareWorker;
  readonly workerSockDiag: BareWorker;
  readonly #floors = openFloors();
  readonly #options: CaseOptions;

  constructor(options: CaseOptions, size: PopulationSize) {
    this.#options = options;
    this.population = new Population(size);
    this.session = new Session(options.root, options.powershell);
    this.worker = new BareWorker(options.root);
    this.workerSockDiag = new BareWorker(options.root);
  }

  /** Brings everything to the state that counts as warm, and keeps an answer for the floor. */
  async warmUp(): Promise<void> {
    for (let i = 0; i < warmUps; i++) {
      writeFileSync(this.#linesFile, await this.worker.snapshot(null));
      await this.workerSockDiag.snapshot(withoutBpf);
      await this.session.snapshot();
      await this.session.snapshot(withoutBpf);
      await this.session.firstObject();
      await this.session.conversion(this.#linesFile);
    }
  }

  get measurements(): Measurement[] {
    const { session, worker, workerSockDiag } = this;
    return [
      { name: names.changed, run: () => session.snapshot() },
      { name: names.warm, run: () => session.snapshot() },
      { name: names.sockDiag, run: () => session.snapshot(withoutBpf) },
      { name: names.first, run: () => session.firstObject() },
      { name: names.workerChanged, run: () => elapsed(() => worker.snapshot(null)) },
      { name: names.worker, run: () => elapsed(() => worker.snapshot(null)) },
      { name: names.workerSockDiag, run: () => elapsed(() => workerSockDiag.snapshot(withoutBpf)) },
      ...this.#options.tools.map(({ name, command }) => ({
        name,
        run: () => elapsed(() => outputOf(command)),
      })),
      { name: names.conversion, run: () => session.conversion(this.#linesFile) },
      ...this.#floors.measurements,
    ];
  }

  /** Everyone looks at the same sockets once more, and what they saw is compared. */
  async compareAll(): Promise<Map<string, Agreement>> {
    const opened = this.population.rows;
    const file = join(this.#options.folder, 'rows.txt');
    const agreements = new Map<string, Agreement>();
    for (const [name, source] of [[names.warm], [names.sockDiag, withoutBpf]] as const) {
      agreements.set(name, compare(await this.session.rows(file, source), opened));
    }
    for (const tool of this.#options.tools) {
      const text = (await outputOf(tool.command)).toString();
      agreements.set(tool.name, compare(tool.parse(text), opened));
    }
    return agreements;
  }

  async close(): Promise<void> {
    this.#floors.close();
    await Promise.all([this.session, this.worker, this.workerSockDiag].map((it) => it.close()));
    await this.population.close();
  }

  get #linesFile(): string {
    return join(this.#options.folder, 'answer.jsonl');
  }
}

export async function runCase(options: CaseOptions, size: PopulationSize): Promise<CaseResult> {
  const others = countSockets();
  const bench = new Bench(options, size);
  try {
    const { population } = bench;
    const cold = await measureCold(options);
    await bench.warmUp();
    const times = await interleave(bench.measurements, {
      rounds: roundsFor(size.sockets),
      budget,
      prepare: () => population.replaceHalf(),
    });
    times.set(names.cold, summarize(cold.shell));
    times.set(names.workerCold, summarize(cold.worker));
    return {
      size: population.size,
      others,
      powershell: await bench.session.ready(),
      source: await bench.session.source(),
      times,
      agreements: await bench.compareAll(),
      workerMemory: peakMemory(bench.worker.pid),
      workerMemorySockDiag: peakMemory(bench.workerSockDiag.pid),
      powershellMemory: cold.memory,
    };
  } finally {
    await bench.close();
  }
}
