// What answers Watch-PortActivity: a stream of changes until it is cancelled, until so many
// milliseconds or changes, or until the processes that are watched have all ended.

import type { CaptureSettings } from '../activity/capture.ts';
import { ChangeQueue } from '../activity/change-queue.ts';
import { type SourceChoice, startActivity, type WatchTools } from '../activity/platform.ts';
import type { ActivityListener, Existing } from '../activity/source.ts';
import type { Change } from '../model/change.ts';
import { PortReporterError } from '../model/error.ts';
import { type ChangeTest, compileChangeFilter } from '../model/filter/change.ts';
import { type Answer, invalidRequest, rowsPerLine } from '../protocol/answer.ts';
import { ChangeTemplates } from '../protocol/change-templates.ts';
import {
  filterTexts,
  flag,
  type Parameters,
  text,
  texts,
  wholeNumber,
} from '../protocol/parameters.ts';
import type { Method } from '../protocol/server.ts';

const defaultInterval = 250;
/** Changes that wait for a slow reader: some 50 MB at the most. */
const mostWaiting = 100_000;
/** Milliseconds after the end of the last watched process in which its sockets are closed. */
const afterlife = 250;

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

const sources: Readonly<Record<string, SourceChoice>> = {
  auto: 'Auto',
  kernel: 'Kernel',
  polling: 'Polling',
};

function toRequest(parameters: Parameters): WatchRequest {
  const filter = filterTexts(parameters);
  const source = sources[(text(parameters, 'source') ?? 'auto').toLowerCase()];
  if (source === undefined) throw invalidRequest('`source` is Auto, Kernel or Polling.', 'source');
  const pids = (filter.processId ?? []).filter((each) => /^\s*\d+\s*$/.test(each)).map(Number);
  return {
    passes: compileChangeFilter(filter),
    source,
    interval: wholeNumber(parameters, 'interval', 1, defaultInterval),
    includeExisting: flag(parameters, 'includeExisting'),
    includeOwn: flag(parameters, 'includeOwn'),
    duration: wholeNumber(parameters, 'duration', 0, Number.MAX_SAFE_INTEGER),
    count: wholeNumber(parameters, 'count', 1, Number.MAX_SAFE_INTEGER),
    pids: new Set(pids),
    capture: {
      ringSize: wholeNumber(parameters, 'ringSize', 4096, 16 << 20),
      without: texts(parameters, 'without') ?? [],
    },
  };
}

/** Feeds a queue from a source: what is asked for, and nothing that we do ourselves. */
class Feed implements ActivityListener {
  readonly queue = new ChangeQueue(mostWaiting, 'the reader of the pipeline was too slow');
  readonly notes: string[] = [];
  readonly #request: WatchRequest;
  readonly #alive: Set<number>;
  failure: unknown = null;
  /** When the last watched process ended; null while one lives or none is watched. */
  endedAt: number | null = null;

  constructor(request: WatchRequest, alive: Set<number>) {
    this.#request = request;
    this.#alive = alive;
  }

  ready(): Promise<void> {
    return this.queue.ready();
  }

  changes(changes: readonly Change[]): void {
    this.queue.push(changes.filter((change) => this.#isWanted(change)));
    for (const change of changes) if (change.kind === 'ProcessExited') this.#exited(change);
  }

  note(note: string): void {
    this.notes.push(note);
    this.queue.wake();
  }

  failed(error: unknown): void {
    this.failure = error;
    this.queue.wake();
  }

  /** A gap goes out whatever was asked for: nothing is missed in silence. */
  #isWanted(change: Change): boolean {
    if (change.kind === 'Gap') return true;
    const { includeOwn, passes } = this.#request;
    const owner = 'ownership' in change ? change.ownership.owner : null;
    return (includeOwn || owner?.pid !== process.pid) && passes(change);
  }

  #exited({ ownership }: Extract<Change, { kind: 'ProcessExited' }>): void {
    const watched = ownership.owner !== null && this.#alive.delete(ownership.owner.pid);
    if (watched && this.#alive.size === 0) this.endedAt = performance.now();
    this.queue.wake();
  }
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
  readonly #templates = new ChangeTemplates();
  readonly #count: number;
  sent = 0;

  constructor(answer: Answer, count: number) {
    this.#answer = answer;
    this.#count = count;
  }

  get isDone(): boolean {
    return this.sent >= this.#count;
  }

  async send(changes: readonly Change[]): Promise<void> {
    const wanted = changes.slice(0, this.#count - this.sent);
    for (let at = 0; at < wanted.length; at += rowsPerLine) {
      const batch = wanted.slice(at, at + rowsPerLine);
      this.sent += batch.length;
      await this.#answer.send(this.#templates.batch(batch));
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
        const sender = new Sender(answer, request.count);
        if (request.includeExisting) {
          const now = Date.now();
          const open = started.existing.map((row) => existing(row, now));
          await sender.send(open.filter(request.passes));
        }
        await this.#stream(request, feed, sender, answer);
        return { rows: sender.sent };
      } finally {
        answer.signal.removeEventListener('abort', stopWaiting);
        await started.source.stop();
      }
    },
  };

  /** Which of the watched processes there are; an error where none is. */
  async #living(pids: ReadonlySet<number>, answer: Answer): Promise<Set<number>> {
    if (pids.size === 0) return new Set();
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
    return new Set(facts.keys());
  }

  async #stream(request: WatchRequest, feed: Feed, sender: Sender, answer: Answer): Promise<void> {
    const begun = performance.now();
    for (;;) {
      answer.checkCancelled();
      for (const note of feed.notes.splice(0)) await answer.verbose(note);
      await sender.send(feed.queue.take());
      if (feed.failure !== null) throw feed.failure;
      const left = request.duration - (performance.now() - begun);
      const ends = feed.endedAt === null ? left : feed.endedAt + afterlife - performance.now();
      if (sender.isDone || left <= 0 || ends <= 0) return;
      await feed.queue.wait(Math.min(left, ends));
    }
  }
}
