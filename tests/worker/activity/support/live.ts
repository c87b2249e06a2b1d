// Real traffic before a real watch, and what must come of it.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { judge, type Verdict } from '../../../traffic/judge.ts';
import { Traffic, type Where } from '../../../traffic/traffic.ts';
import type { End } from '../../../traffic/truth.ts';
import { type PortChange, Watch } from './watch.ts';

export const anywhere = { address: '0.0.0.0', port: 0 };

export interface Watched {
  readonly ends: readonly End[];
  readonly changes: readonly PortChange[];
}

/** What a watch told of the work, and what the work gave as truth. */
export async function watchedBy(
  watch: Watch,
  work: (traffic: Traffic) => Promise<readonly End[]>,
  where: Where = {},
): Promise<Watched> {
  const from = watch.changes.length;
  const traffic = new Traffic(where);
  try {
    const ends = await work(traffic);
    await watch.caughtUp();
    return { ends, changes: watch.changes.slice(from) };
  } finally {
    await traffic.end();
  }
}

/** The same for the tests of one file, which share a watch: to be called inside `describe`. */
export function sharedWatch(params: object = {}) {
  let watch: Watch | undefined;
  before(async () => {
    watch = await Watch.start(params);
  });
  after(async () => {
    await watch?.stop();
  });
  return (work: (traffic: Traffic) => Promise<readonly End[]>, where: Where = {}) => {
    if (watch === undefined) throw new Error('The watch has not begun');
    return watchedBy(watch, work, where);
  };
}

/** Every end is there, whole, in order, once, and in the end with the right process. */
export function assertPerfect({ ends, changes }: Watched): Verdict {
  const verdict = judge(ends, changes);
  const count = ends.length;
  assert.deepEqual(verdict, { ends: count, seen: count, right: count, wrong: 0, faults: [] });
  return verdict;
}

/** The changes of one end. */
export const changesOf = (end: End, changes: readonly PortChange[]): PortChange[] =>
  changes.filter(
    (each) =>
      each.Protocol === end.protocol &&
      each.LocalPort === end.localPort &&
      each.LocalAddress === end.local &&
      each.RemotePort === end.remotePort &&
      each.RemoteAddress === end.remote &&
      each.Namespace === end.namespace,
  );

/** A history in short: `Appeared Listen`, `Changed Established`. */
export const history = (changes: readonly PortChange[]): string[] =>
  changes.map(({ Change, State }) => `${Change} ${State}`);
