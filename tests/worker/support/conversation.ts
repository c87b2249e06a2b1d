// The methods of Get-PortSnapshot over sockets and processes made up by the test.

import { PassThrough } from 'node:stream';
import type { OpenSocket, SocketTable } from '../../../ts-worker/src/endpoints/source.ts';
import { SnapshotMethods } from '../../../ts-worker/src/methods/snapshot.ts';
import { reportOf } from '../../../ts-worker/src/model/error.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { Answer } from '../../../ts-worker/src/protocol/answer.ts';
import { LineWriter } from '../../../ts-worker/src/protocol/channel.ts';
import { HostNames } from '../../../ts-worker/src/snapshot/host-names.ts';
import { Snapshots } from '../../../ts-worker/src/snapshot/snapshot.ts';
import type { Line } from './lines.ts';

export class Conversation {
  readonly #methods: SnapshotMethods;
  /** What the platform was asked for. */
  readonly sources: (string | null)[] = [];

  constructor(
    sockets: readonly OpenSocket[],
    processes: readonly ProcessFacts[] = [],
    about: Partial<SocketTable> = {},
    nameOf: (address: string) => Promise<string | null> = async () => null,
  ) {
    const table = {
      source: 'Test',
      start: 0,
      end: 1,
      sockets,
      elevated: false,
      closed: [],
      notes: [],
      ...about,
    };
    const endpoints = {
      read: ({ source }: { readonly source: string | null }) => {
        this.sources.push(source);
        return table;
      },
      close: () => {},
    };
    const known = new Map(processes.map((each) => [each.pid, each]));
    const read = async (pids: ReadonlySet<number>) =>
      new Map([...known].filter(([pid]) => pids.has(pid)));
    const hostNames = new HostNames(() => ({ nameOf, cancel: () => {} }));
    this.#methods = new SnapshotMethods(new Snapshots(endpoints, { read }), hostNames);
  }

  async ask(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Line[]> {
    const stream = new PassThrough();
    const answer = new Answer(new LineWriter(stream), new AbortController().signal);
    const said = stream.toArray();
    try {
      await answer.end((await this.#methods.methods[method]?.(params, answer)) ?? {});
    } catch (error) {
      await answer.fail(reportOf(error));
    }
    stream.end();
    return Buffer.concat(await said)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}
