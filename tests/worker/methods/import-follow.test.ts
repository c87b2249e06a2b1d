// Records that are followed with their processes: an entry of PR-PIDS is written behind its records.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Writable } from 'node:stream';
import { after, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Import } from '../../../ts-worker/src/methods/import.ts';
import { toImportRequest } from '../../../ts-worker/src/methods/import-request.ts';
import { Answer, Cancelled } from '../../../ts-worker/src/protocol/answer.ts';
import { LineWriter } from '../../../ts-worker/src/protocol/channel.ts';
import { makeLogs } from '../../bench/import/logs.ts';
import { numbersOf, type TextColumns } from '../support/number-columns.ts';

const root = mkdtempSync(join(tmpdir(), 'follow-'));
after(() => rmSync(root, { recursive: true }));

interface Line {
  readonly restartProcesses?: boolean;
  readonly processes?: readonly { readonly OwningProcess: number }[];
  readonly records?: TextColumns;
}

/** The owners of the records as they come, as PowerShell finds them. */
class Owners extends Writable {
  readonly found: (number | null)[] = [];
  #known: number[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const text of chunk.toString().split('\n').filter(Boolean)) this.#take(JSON.parse(text));
    done();
  }

  #take({ restartProcesses, processes = [], records = {} }: Line): void {
    if (restartProcesses === true) this.#known = [];
    this.#known.push(...processes.map(({ OwningProcess }) => OwningProcess));
    for (const place of numbersOf(records).get('ProcessRecord') ?? []) {
      this.found.push(place < 0 ? null : (this.#known[place] ?? assert.fail()));
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !condition(); left--) await pause(50);
  assert.ok(condition(), 'nothing came in ten seconds');
}

/** A made log in two pieces: its header with 40 records of two seconds, or their entries. */
function pieces(folder: string) {
  mkdirSync(folder);
  const made = makeLogs(folder, 'Extended', 2000);
  const lines = readFileSync(made.ports, 'utf8').split('\n');
  const begin = lines.findIndex((line) => /^\d/.test(line));
  const records = [...lines.slice(begin, begin + 20), ...lines.slice(begin + 1000, begin + 1020)];
  return {
    header: lines.slice(0, begin),
    records,
    owners: records.map((line) => Number(line.split(',')[7])),
    entries: readFileSync(made.processes, 'utf8'),
    names: { ports: basename(made.ports), processes: basename(made.processes) },
  };
}

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

it('come when their process is there, also those of the next file', async () => {
  const { header, records, owners, entries, names } = pieces(join(root, 'made'));
  const folder = join(root, 'live');
  mkdirSync(folder);
  const [ports, pids] = [join(folder, names.ports), join(folder, names.processes)];
  appendFileSync(ports, text([...header, ...records.slice(0, 20)]));
  appendFileSync(pids, entries.slice(0, 200));

  const output = new Owners();
  const stop = new AbortController();
  const answer = new Answer(new LineWriter(output), stop.signal);
  const request = toImportRequest({ follow: true, withProcess: true }, folder);
  const running = new Import(request, answer).run(stop.signal);
  await pause(600);
  assert.deepEqual(output.found, [], 'their process is not known yet');
  appendFileSync(pids, entries.slice(200));
  await until(() => output.found.length === 20);
  assert.deepEqual(output.found, owners.slice(0, 20));

  const [later, laterPids] = [ports, pids].map((path) => path.replace('-11-44-', '-12-0-'));
  appendFileSync(laterPids ?? '', entries);
  appendFileSync(
    later ?? '',
    text([...header.map((line) => line.replace('-11-44-', '-12-0-')), ...records.slice(20)]),
  );
  await until(() => output.found.length === 40);
  assert.deepEqual(output.found, owners);

  const stopped = performance.now();
  stop.abort();
  await assert.rejects(running, Cancelled);
  assert.ok(performance.now() - stopped < 1000);
});

it('come without it where it is not written in time, and end at once when told to', async () => {
  const { header, records, entries, names } = pieces(join(root, 'made-again'));
  const folder = join(root, 'without');
  mkdirSync(folder);
  appendFileSync(join(folder, names.ports), text([...header, ...records]));
  appendFileSync(join(folder, names.processes), entries.slice(0, 200));
  const output = new Owners();
  const stop = new AbortController();
  const answer = new Answer(new LineWriter(output), stop.signal);
  const request = toImportRequest({ follow: true, withProcess: true }, folder);
  const running = new Import(request, answer).run(stop.signal);
  const begun = performance.now();
  await until(() => output.found.length === 40);
  assert.ok(output.found.every((owner) => owner === null));
  assert.ok(performance.now() - begun < 8000, 'it waits once, not for each record');
  stop.abort();
  await assert.rejects(running, Cancelled);
});
