// What is written becomes what is open, and asks for entries in PR-PIDS.

import type { EndpointChange } from '../../model/change.ts';
import type { ProcessFacts } from '../../model/process.ts';
import type { OpenEndpoints } from '../open/open-endpoints.ts';
import { type BacklogItem, isStatus } from './backlog.ts';
import { recordOf } from './batch.ts';
import type { LogFiles } from './log-files.ts';
import type { ProcessEntries } from './process-entries.ts';
import type { Tally } from './tally.ts';

export class Written {
  readonly #open: OpenEndpoints;
  readonly #entries: ProcessEntries;
  readonly #tally: Tally;

  constructor(open: OpenEndpoints, entries: ProcessEntries, tally: Tally) {
    this.#open = open;
    this.#entries = entries;
    this.#tally = tally;
  }

  take(items: readonly BacklogItem[], files: LogFiles, elapsed: number): void {
    for (const item of items) this.#take(item, files, elapsed);
  }

  #take(item: BacklogItem, files: LogFiles, elapsed: number): void {
    if (isStatus(item)) this.#tally.count(item);
    else if (item.kind === 'ProcessExited') this.#exited(item.ownership.owner);
    else this.#takeChange(item, files, elapsed);
  }

  #exited(owner: ProcessFacts | null): void {
    if (owner !== null) this.#open.exited(owner);
  }

  #takeChange(item: EndpointChange, files: LogFiles, elapsed: number): void {
    const row = this.#open.apply(item);
    if (recordOf(item, files) === null) return;
    this.#entries.add(row, item.time, elapsed);
    files.records += 1;
    this.#tally.records += 1;
  }
}
