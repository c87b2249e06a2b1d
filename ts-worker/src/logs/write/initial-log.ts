// The body of a PR-INITIAL on its way to the disk: what was open when the file was begun, written
// piece by piece while the recording goes on.

import { isSameStart } from '../../model/process.ts';
import type { ProcessReader } from '../../processes/source.ts';
import { sortEndpoints } from '../../snapshot/order.ts';
import {
  initialBlock,
  initialEnd,
  initialTable,
  type ProcessRows,
} from '../format/initial-body.ts';
import type { ModuleNote } from '../format/process-entry.ts';
import type { ProcessEndpoints } from '../open/process-endpoints.ts';
import type { LogFile } from './log-file.ts';

/** Processes whose modules are read in one piece. */
const atOnce = 32;

function rowsOf({ owner, rows }: ProcessEndpoints): ProcessRows {
  const sorted = sortEndpoints([...rows]);
  const endpoints = sorted.map(({ endpoint, ownership: { attribution } }) => ({
    endpoint,
    attribution,
  }));
  return { owner, endpoints };
}

async function readModules(some: readonly ProcessRows[], reader: ProcessReader) {
  const pids = new Set(some.flatMap(({ owner }) => owner?.pid ?? []));
  const facts = await reader.read(pids, { modules: true });
  return ({ owner }: ProcessRows): ModuleNote => {
    const found = owner === null ? undefined : facts.get(owner.pid);
    const isOwner = found !== undefined && isSameStart(found.startTime, owner?.startTime ?? null);
    if (!isOwner || found.modules === null) return { kind: 'Unreadable' };
    return { kind: 'Listed', modules: found.modules };
  };
}

async function* bodyOf(processes: readonly ProcessRows[], reader: ProcessReader) {
  yield* initialTable(processes);
  for (let at = 0; at < processes.length; at += atOnce) {
    const some = processes.slice(at, at + atOnce);
    const noteOf = await readModules(some, reader);
    for (const each of some) yield initialBlock(each, noteOf(each));
  }
  yield initialEnd;
}

export class InitialLog {
  readonly file: LogFile;
  readonly #body: AsyncGenerator<readonly string[]>;
  isDone = false;

  /** Takes what is open now; changes that come later do not touch it. */
  constructor(file: LogFile, processes: readonly ProcessEndpoints[], reader: ProcessReader) {
    this.file = file;
    this.#body = bodyOf(processes.map(rowsOf), reader);
  }

  /** Goes on until that much time has gone by, or all is written. */
  async write(elapsed: () => number, budget: number): Promise<void> {
    const begun = elapsed();
    await this.file.flush(begun);
    while (!this.isDone && elapsed() - begun <= budget) {
      const { value, done } = await this.#body.next();
      this.isDone = done === true;
      if (value !== undefined) this.file.append(value);
      await this.file.flush(elapsed());
    }
  }
}
