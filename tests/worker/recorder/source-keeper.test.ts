// What becomes of a recording whose source breaks: tests bring sources that do.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceChoice, StartedSource } from '../../../ts-worker/src/activity/platform.ts';
import type { Change } from '../../../ts-worker/src/model/change.ts';
import type { Feed } from '../../../ts-worker/src/recorder/feed.ts';
import { SourceKeeper } from '../../../ts-worker/src/recorder/source-keeper.ts';
import { endpoint, row } from '../logs/support/recording.ts';
import { facts } from '../support/rows.ts';
import { until } from './support/recorder.ts';

const change = (port: number, pid = 7): Change => ({
  ...row(endpoint(port), facts(pid)),
  ...{ kind: 'Appeared', time: 0, previousState: null, previousOwner: null, source: 'Kernel' },
});

/** Sources that tell what the test says, and what came of it. */
class Stage {
  readonly started: SourceChoice[] = [];
  readonly stopped: string[] = [];
  readonly feeds: Feed[] = [];
  readonly told: Change[] = [];
  readonly said: string[] = [];
  readonly replaced: string[] = [];
  /** Choices that can't be started now. */
  readonly broken = new Set<SourceChoice>();
  readonly keeper: SourceKeeper;

  constructor(choice: SourceChoice) {
    this.keeper = new SourceKeeper(
      choice,
      (choice, feed) => this.#start(choice, feed),
      {
        ready: async () => {},
        accept: (changes) => this.told.push(...changes),
        say: (text) => this.said.push(text),
        replaced: (reason) => this.replaced.push(reason),
      },
      { retry: 20, regain: 40 },
    );
  }

  get ports(): number[] {
    return this.told.flatMap((each) => ('endpoint' in each ? each.endpoint.localPort : []));
  }

  async #start(choice: SourceChoice, feed: Feed): Promise<StartedSource> {
    if (this.broken.has(choice)) throw new Error('no such luck');
    const name = choice === 'Polling' ? 'Polling' : 'Kernel';
    this.started.push(choice);
    this.feeds.push(feed);
    feed.changes([change(1000 + this.feeds.length)]);
    const source = {
      name,
      start: async () => [],
      caughtUp: async () => {},
      stop: async () => void this.stopped.push(name),
    } as const;
    const existing = [row(endpoint(1)), row(endpoint(2), facts(process.pid))];
    return { source, existing, whyNotBetter: null };
  }
}

describe('a source that breaks', () => {
  it('is replaced by polling at once, told as a gap, and tried again', async () => {
    const stage = new Stage('Auto');
    const existing = await stage.keeper.start();
    assert.deepEqual(
      existing.map((each) => each.endpoint.localPort),
      [1],
    ); // not our own
    stage.feeds[0]?.changes([change(5), change(6, process.pid)]);
    stage.feeds[0]?.failed(new Error('it burned'));
    assert.equal(stage.keeper.trouble, 'The kernel events broke off: it burned.');
    await until('polling', () => stage.keeper.name === 'Polling');
    stage.feeds[0]?.changes([change(7)]); // nobody listens to it any more
    assert.deepEqual(stage.ports, [1001, 5, 1002]);
    const gap = stage.told.find(({ kind }) => kind === 'Gap');
    assert.deepEqual(gap?.kind === 'Gap' && [gap.missed, gap.reason], [
      null,
      'The kernel events broke off: it burned.',
    ]);
    await until('the kernel again', () => stage.keeper.name === 'Kernel');
    assert.equal(stage.keeper.trouble, null);
    assert.deepEqual(stage.started, ['Auto', 'Polling', 'Auto']);
    assert.deepEqual(stage.replaced, [
      'after a break the tables are polled now',
      'after a break the kernel tells again',
    ]);
    await until('the end of polling', () => stage.stopped.includes('Polling'));
    await stage.keeper.stop();
    assert.deepEqual(stage.stopped, ['Kernel', 'Polling', 'Kernel']);
  });

  it('with nothing in its place is tried until something works', async () => {
    const stage = new Stage('Auto');
    await stage.keeper.start();
    stage.broken.add('Polling');
    stage.feeds[0]?.failed(new Error('it burned'));
    await until(
      'trouble',
      () => stage.keeper.trouble === 'Nothing tells of changes: no such luck.',
    );
    assert.equal(stage.keeper.name, null);
    await stage.keeper.caughtUp();
    stage.broken.clear();
    await until('polling', () => stage.keeper.name === 'Polling');
    await stage.keeper.stop();
  });

  it('goes on being polled while the better one does not come back', async () => {
    const stage = new Stage('Kernel');
    await stage.keeper.start();
    stage.broken.add('Kernel');
    stage.feeds[0]?.failed(new Error('it burned'));
    await until('polling', () => stage.keeper.name === 'Polling');
    await new Promise((resolve) => setTimeout(resolve, 150));
    assert.deepEqual([stage.keeper.name, stage.started.length], ['Polling', 2]);
    stage.broken.clear();
    await until('the kernel again', () => stage.keeper.name === 'Kernel');
    await stage.keeper.stop();
  });

  it('at the start is an error', async () => {
    const stage = new Stage('Kernel');
    stage.broken.add('Kernel');
    await assert.rejects(stage.keeper.start(), { message: 'no such luck' });
  });
});
