// The watch benchmark: Watch-PortActivity's worker beside the tools that people watch connections with.

import { say } from '../../../build/tasks/shell.ts';
import type { Benchmark } from '../benchmark.ts';
import { describeMachine } from '../machine.ts';
import { measureLatency } from './latency.ts';
import { writeReport } from './report.ts';
import { measureRest } from './rest.ts';
import { measureShares, trafficKinds } from './share.ts';
import { measureTolls } from './toll.ts';
import { findWatchers, lifeName, ourName } from './watchers.ts';

const restSizes = [1000, 50_000];

/** Fewer of everything where sizes are given: then only a look is wanted. */
const amounts = (isQuick: boolean) =>
  isQuick
    ? { seconds: 3, count: 2000, rounds: 3, rest: 10 }
    : { seconds: 30, count: 20_000, rounds: 5, rest: 60 };

async function run(root: string, sizes: readonly number[] | null): Promise<string> {
  if (process.platform !== 'linux') throw new Error('The watch benchmark runs on Linux only.');
  const machine = describeMachine();
  const { kinds, missing } = findWatchers();
  for (const name of missing) say(`${name} is not installed: the run goes on without it.`);
  const { seconds, count, rounds, rest } = amounts(sizes !== null);
  const shares = [];
  for (const traffic of trafficKinds(seconds, count)) {
    for (const together of [kinds, kinds.filter(({ name }) => name === ourName)]) {
      const names = together.map(({ name }) => name).join(', ');
      say(`${traffic.name}, before ${names}…`);
      shares.push({ traffic, shares: await measureShares(together, traffic) });
    }
  }
  say('The cost to the traffic…');
  const told = kinds.filter(({ name }) => name === ourName || name === lifeName);
  const tolls = await measureTolls(told, rounds);
  say('From the event to the object…');
  const latency = await measureLatency(root);
  const rests = [];
  for (const size of sizes ?? restSizes) {
    say(`At rest with ${size} sockets…`);
    rests.push(await measureRest(size, rest));
  }
  return writeReport({ machine, missing, shares, tolls, latency, rests });
}

export const watchBenchmark: Benchmark = { name: 'watch', run };
