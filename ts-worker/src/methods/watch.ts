// What answers Watch-PortActivity: a stream of changes until it is cancelled, until so many
// milliseconds or changes, or until the processes that are watched have all ended.

import type { CaptureSettings } from '../activity/capture.ts';
import { type SourceChoice, startActivity, type WatchTools } from '../activity/platform.ts';
import type { ActivitySource, Existing } from '../activity/source.ts';
import type { Change } from '../model/change.ts';
import { PortReporterError } from '../model/error.ts';
import { type ChangeTest, compileChangeFilter } from '../model/filter/change.ts';
import { textsOf } from '../model/filter/filter.ts';
import type { ProcessFacts } from '../model/process.ts';
import { type Answer, invalidRequest } from '../protocol/answer.ts';
import { ChangeTemplates, changesPerLine } from '../protocol/change-templates.ts';
import {
  filterTexts,
  flag,
  type Parameters,
  text,
  texts,
  wholeNumber,
} from '../protocol/parameters.ts';
import type { Method } from '../protocol/server.ts';
import { Feed } from './watch-feed.ts';

const defaultInterval = 250;

/** Milliseconds after which a look is taken at what has come while a source catches up. */
const patience = 250;

interface WatchRequest {
  readonly passes: ChangeTest;
  readonly source: SourceChoice;
  readonly interval: number;
  readonly includeExisting: boolean;
  readonly includeOwn: boolean;
  readonly duration: number;
  readonly count: number;
  /** Pids given one by one: the watch ends with them. */
  readonly pids: ReadonlySet<number>;
  /** For tests: another size of the ring, programs to leave out. */
  readonly capture: Pick<CaptureSettings, 'ringSize' | 'without'>;
}

const sources: readonly SourceChoice[] = ['Auto', 'Kernel', 'Polling'];

function toRequest(parameters: Parameters): WatchRequest {
  const filter = filterTexts(parameters);
  const asked = (text(parameters, 'source') ?? 'Auto').toLowerCase();
  const source = sources.find((each) => each.toLowerCase() === asked);
  if (source === undefined) throw invalidRequest('`source` is Auto, Kernel or Polling.', 'source');
  const passes = compileChangeFilter(filter);
  const { processId } = filter;
  const ids = processId === undefined ? [] : textsOf('processId', processId);
  const pids = ids.filter((each) => /^\s*\d+\s*$/.test(each)).map(Number);
  return {
    passes,
    source,
    interval: wholeNumber(parameters, 'interval', 1, defaultInterval),
    includeExisting: flag(parameters, 'includeExisting'),
    includeOwn: flag(parameters, 'includeOwn'),
    duration: wholeNumber(parameters, 'duration', 0, Number.POSITIVE_INFINITY),
    count: wholeNumber(parameters, 'count', 1, Number.MAX_SAFE_INTEGER),
    pids: new Set(pids),
    capture: {
      ringSize: wholeNumber(parameters, 'ringSize', 4096, 16 << 20),
      without: texts(parameters, 'without') ?? [],
    },
  };
}

const existing = ({ endpoint, ownership }: Existing, time: number): Change => ({
  kind: 'Appeared',
  time,
  endpoint,
  ownership,
  previousState: null,
  previousOwner: null,
  source: 'Table',
});

/** Sends what the feed holds, and knows when enough was sent. */
class Sender {
  readonly #answer: Answer;
  readonly #feed: Feed;
  readonly #templates = new ChangeTemplates();
  readonly #count: number;
  sent = 0;

  constructor(answer: Answer, feed: Feed, count: number) {
    this.#answer = answer;
    this.#feed = feed;
    this.#count = count;
  }

  get isDone(): boolean {
    return this.sent >= this.#count;
  }

  /** Sends all that has come. */
  async passOn(): Promise<void> {
    this.#answer.checkCancelled();
    for (const note of this.#feed.notes.splice(0)) await this.#answer.verbose(note);
    await this.send(this.#feed.queue.take());
    if (this.#feed.failure !== null) throw this.#feed.failure;
  }

  async send(changes: readonly Change[]): Promise<void> {
    const wanted = changes.slice(0, this.#count - this.sent);
    for (let at = 0; at < wanted.length; ) {
      const { changes, ...rest } = this.#templates.batch(wanted.slice(at, at + changesPerLine));
      at += changes.Template.length;
      this.sent += changes.Template.length;
      if (at < wanted.length) await this.#answer.sendColumns(rest, 'changes', changes);
      else await this.#answer.sendLastColumns(rest, 'changes', changes);
    }
  }
}

export class WatchMethods {
  readonly #tools: WatchTools;

  constructor(tools: WatchTools) {
    this.#tools = tools;
  }

  readonly methods: Readonly<Record<string, Method>> = {
    watch: async (parameters, answer) => {
      const request = toRequest(parameters);
      const feed = new Feed(request, await this.#living(request.pids, answer));
      const options = { interval: request.interval, watchedProcesses: request.pids };
      const capture = { ...this.#tools.capture, ...request.capture };
      const tools = { ...this.#tools, capture };
      const started = await startActivity(request.source, tools, options, feed);
      const stopWaiting = () => feed.queue.wake();
      answer.signal.addEventListener('abort', stopWaiting);
      try {
        const source = started.source.name;
        await answer.send({ watching: { source, whyNotBetter: started.whyNotBetter } });
        const why = started.whyNotBetter === null ? '' : `; ${started.whyNotBetter}`;
        await answer.verbose(`Watching by ${source}${why}.`);
        const sender = new Sender(answer, feed, request.count);
        if (request.includeExisting) {
          const now = Date.now();
          const open = started.existing.map((row) => existing(row, now));
          await sender.send(open.filter(feed.isWanted));
        }
        await this.#noticeEarlyEnds(request, feed, started.source);
        await this.#stream(performance.now() + request.duration, feed, sender);
        await this.#sendRest(feed, sender, started.source);
        return { rows: sender.sent };
      } finally {
        answer.signal.removeEventListener('abort', stopWaiting);
        await started.source.stop();
      }
    },
  };

  /** Which of the watched processes there are; an error where none is. */
  async #living(pids: ReadonlySet<number>, answer: Answer): Promise<Map<number, ProcessFacts>> {
    if (pids.size === 0) return new Map();
    const facts = await this.#tools.processes.read(pids, { modules: false });
    const missing = [...pids].filter((pid) => !facts.has(pid));
    const message = `There is no process with the id ${missing.join(', ')}.`;
    const hint = 'Get-Process lists the processes that run.';
    if (facts.size === 0) {
      throw new PortReporterError('PR_PROCESS_NOT_FOUND', message, {
        target: missing.join(),
        hint,
      });
    }
    if (missing.length > 0) await answer.warn('PR_PROCESS_NOT_FOUND', message, hint);
    return new Map(facts);
  }

  /** One may have ended between the look at it and the start of the source. */
  async #noticeEarlyEnds({ pids }: WatchRequest, feed: Feed, source: ActivitySource) {
    if (pids.size === 0) return;
    const alive = await this.#tools.processes.read(pids, { modules: false });
    if (alive.size < pids.size) await source.caughtUp();
    feed.foundAlive(alive);
  }

  async #stream(end: number, feed: Feed, sender: Sender): Promise<void> {
    for (;;) {
      await sender.passOn();
      const left = Math.min(end, feed.over) - performance.now();
      if (sender.isDone || left <= 0) return;
      await feed.queue.wait(left);
    }
  }

  /** What happened before the end and is still on its way. */
  async #sendRest(feed: Feed, sender: Sender, source: ActivitySource): Promise<void> {
    let isCaughtUp = sender.isDone;
    const caughtUp = isCaughtUp ? Promise.resolve() : source.caughtUp();
    void caughtUp
      .catch((error) => feed.failed(error))
      .finally(() => {
        isCaughtUp = true;
        feed.queue.wake();
      });
    while (!isCaughtUp) {
      await feed.queue.wait(patience);
      await sender.passOn();
    }
    await sender.passOn();
  }
}
