// The recorder as it is: real traffic, and every bit of it in the log with its process.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { judge } from '../../traffic/judge.ts';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { Namespace, noNamespaces } from '../support/namespace.ts';
import { toldBy } from './support/judged.ts';
import { Logs, RunningRecorder, until } from './support/recorder.ts';

if (await playTraffic()) process.exit();

const anywhere = { address: '0.0.0.0', port: 0 };

describe('a recording by kernel events', { skip: noNamespaces || whyNoBpf() }, () => {
  const logs = new Logs();
  let namespace: Namespace;
  let recorder: RunningRecorder;
  before(async () => {
    namespace = new Namespace();
    recorder = await RunningRecorder.start({ logs });
  });
  after(() => {
    namespace.delete();
    logs.remove();
  });

  it('has every short connection, with the process of each end', async () => {
    const traffic = new Traffic({ namespace: namespace.name, within: namespace.within });
    const count = 2000;
    const server = await traffic.parent({
      ...{ style: 'quick', gives: 'listener' },
      ...{ listen: anywhere, children: 2 },
    });
    const to = loopbacks(4, server.places[0]?.port ?? 0);
    const client = { style: 'quick', threads: 2, to, count } as const;
    const ends = [...(await traffic.connect(client)), ...(await server.stop())];
    await traffic.end();
    await recorder.caughtUp();
    const rows = await logs.records();
    const verdict = judge(ends, toldBy(rows));
    const all = 2 * count + 1;
    assert.deepEqual(verdict, { ends: all, seen: all, right: all, wrong: 0, faults: [] });
  });

  it('has an entry in PR-PIDS for each second and process with records', async () => {
    const rows = await logs.records();
    const wanted = new Set(
      rows.map(({ Time, OwningProcess }) => `${Time.slice(0, 19)} ${OwningProcess}`),
    );
    await until('all entries', async () => {
      const { processes } = await logs.read('PR-PIDS');
      const there = new Set(
        processes.map(({ time, owner }) => {
          const second = new Date(time ?? 0).toISOString().slice(0, 19);
          return `${second} ${owner?.pid ?? null}`;
        }),
      );
      return [...wanted].every((each) => there.has(each));
    });
  });

  it('leaves out what the recorder does itself', async () => {
    const rows = await logs.records();
    assert.ok(rows.every(({ OwningProcess }) => OwningProcess !== recorder.pid));
  });

  it('tells how it is', () => {
    const health = logs.health();
    assert.equal(health?.state, 'Running');
    assert.equal(health.source, 'Kernel');
    assert.equal(health.pid, recorder.pid);
    assert.equal(health.trouble, null);
    assert.deepEqual([...health.files].sort(), [
      ...logs.names('PR-INITIAL'),
      ...logs.names('PR-PIDS'),
      ...logs.names('PR-PORTS'),
    ]);
    assert.ok(health.memory > 20e6 && health.memory < 500e6, `${health.memory}`);
  });

  it('ends with its last lines when it is asked to, and has said nothing but its log', async () => {
    assert.deepEqual(await recorder.kill('SIGTERM'), { code: 0, signal: null });
    // Now that it is whole: before, the last line may just have been on its way.
    const read = await Promise.all(['PR-PORTS', 'PR-PIDS'].map((kind) => logs.read(kind)));
    assert.deepEqual(
      read.flatMap(({ bad }) => bad),
      [],
    );
    const records = read[0]?.rows.length;
    assert.equal(logs.status().at(-1), `End ${records} asked to by SIGTERM`);
    const [name = ''] = logs.names('PR-PIDS');
    const text = readFileSync(join(logs.path, name), 'utf8');
    assert.match(text, /\n========= end of log file =========\n$/);
    const health = logs.health();
    assert.deepEqual([health?.state, health?.trouble, health?.records], ['Stopped', null, records]);
    const lines = recorder.said.trimEnd().split('\n');
    assert.equal(lines.length, 2, recorder.said);
    assert.match(lines[0] ?? '', /^\S+Z Recording by Kernel to '\S+'\.$/);
    assert.match(lines[1] ?? '', /^\S+Z Stopping: asked to by SIGTERM\.$/);
  });
});
