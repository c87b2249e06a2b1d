// All watch the same traffic at the same time: which share of the connections' ends did each see, and
// credit to the right process, and what did it cost?

import { setTimeout as pause } from 'node:timers/promises';
import { loopbacks, Traffic } from '../../traffic/traffic.ts';
import type { End } from '../../traffic/truth.ts';
import { processorTime } from './processor.ts';
import type { Seen, Watcher, WatcherKind } from './watchers.ts';

export interface TrafficKind {
  readonly name: string;
  readonly connections: number;
  play(traffic: Traffic): Promise<readonly End[]>;
  /** The same, shorter, before it counts; null where the start counts, too. */
  readonly before: TrafficKind | null;
}

const anywhere = { address: '0.0.0.0', port: 0 };
const clients = 2;
/** So many that a port is seldom used twice. */
const addresses = 64;

/** Seconds in which Node compiles what the traffic needs. */
const warmUp = 10;

function steady(seconds: number, before: TrafficKind | null): TrafficKind {
  const connections = 1000 * seconds;
  const play = async (traffic: Traffic) => {
    const server = await traffic.serve({ style: 'node', listen: anywhere });
    const to = loopbacks(addresses, server.places[0]?.port ?? 0);
    const [rate, count] = [1000 / clients, connections / clients];
    const client = { style: 'node', to, rate, count, lifetime: 100, sends: true } as const;
    const ends = await Promise.all(Array.from({ length: clients }, () => traffic.connect(client)));
    return [...ends.flat(), ...(await server.stop())];
  };
  return { name: `1,000 a second for ${seconds} s, of 0 to 100 ms`, connections, play, before };
}

function quick(connections: number): TrafficKind {
  const play = async (traffic: Traffic) => {
    const listen = anywhere;
    const server = await traffic.parent({ style: 'quick', listen, gives: 'listener', children: 2 });
    const to = loopbacks(addresses, server.places[0]?.port ?? 0);
    const client = { style: 'quick', to, count: connections / clients } as const;
    const ends = await Promise.all(Array.from({ length: clients }, () => traffic.connect(client)));
    return [...ends.flat(), ...(await server.stop())];
  };
  const name = `${connections.toLocaleString('en')} of 0 ms, as fast as they go`;
  return { name, connections, play, before: null };
}

export const trafficKinds = (seconds: number, count: number): readonly TrafficKind[] => [
  steady(seconds, steady(Math.min(seconds, warmUp), null)),
  quick(count),
];

export interface Share {
  readonly name: string;
  /** Of all ends, from 0 to 1. */
  readonly seen: number;
  readonly right: number;
  /** Milliseconds of processor time for each 1,000 connections. */
  readonly cost: number;
  /** The same for the traffic before. */
  readonly costBefore: number | null;
  /** Share of a core while the traffic lasted. */
  readonly core: number;
}

/** Time for a watcher to be ready, and to have told everything. */
const settling = 1500;

const placeOf = (end: End): string =>
  `${end.local}:${end.localPort} ${end.remote}:${end.remotePort}`;

/** Those whose place no other process had, before or after: a watcher keeps the last owner of each.
 * (On loopback the kernel gives a port in TIME_WAIT to the next one after a second.) */
function unambiguous(ends: readonly End[]): readonly End[] {
  const owners = new Map<string, Set<number>>();
  for (const end of ends) {
    const place = placeOf(end);
    owners.set(place, (owners.get(place) ?? new Set()).add(end.pid));
  }
  return ends.filter((end) => owners.get(placeOf(end))?.size === 1);
}

function judge(name: string, ends: readonly End[], seen: Seen) {
  const places = ends.map((end) => [seen.get(placeOf(end)), end.pid] as const);
  const share = (count: number) => count / ends.length;
  return {
    name,
    seen: share(places.filter(([pid]) => pid !== undefined).length),
    right: share(places.filter(([pid, real]) => pid === real).length),
  };
}

async function startAll(kinds: readonly WatcherKind[]): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  for (const kind of kinds) watchers.push(await kind.start());
  await pause(settling);
  return watchers;
}

interface Played {
  readonly ends: readonly End[];
  /** Milliseconds of processor time for each 1,000 connections, of each watcher. */
  readonly costs: readonly number[];
  /** Milliseconds. */
  readonly lasted: number;
}

async function play(kind: TrafficKind, watchers: readonly Watcher[]): Promise<Played> {
  const traffic = new Traffic();
  const before = watchers.map(({ pid }) => processorTime(pid));
  const begun = performance.now();
  try {
    const ends = await kind.play(traffic);
    await pause(settling);
    const lasted = performance.now() - begun;
    const spent = watchers.map(({ pid }, index) => processorTime(pid) - (before[index] ?? 0));
    return { ends, lasted, costs: spent.map((each) => (each / kind.connections) * 1000) };
  } finally {
    await traffic.end();
  }
}

export async function measureShares(
  kinds: readonly WatcherKind[],
  kind: TrafficKind,
): Promise<Share[]> {
  const watchers = await startAll(kinds);
  const before = kind.before === null ? null : await play(kind.before, watchers);
  const { ends, costs, lasted } = await play(kind, watchers);
  const judged = unambiguous(ends.filter(({ part }) => part === 'client' || part === 'server'));
  const shares: Share[] = [];
  for (const [index, watcher] of watchers.entries()) {
    const cost = costs[index] ?? 0;
    const costBefore = before?.costs[index] ?? null;
    const core = (cost * kind.connections) / 1000 / lasted;
    const seen = judge(watcher.name, judged, await watcher.stop());
    shares.push({ ...seen, cost, costBefore, core });
  }
  return shares;
}
