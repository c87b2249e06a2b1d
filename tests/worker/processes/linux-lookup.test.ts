// What the kernel tells of many processes at once, beside what /proc says of each.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { readBootMoment } from '../../../native/linux/boot-clock.ts';
import { ProcessLookup } from '../../../native/linux/bpf/process-lookup.ts';
import { listProcesses } from '../../../native/linux/process-files.ts';
import { LinuxLookup } from '../../../ts-worker/src/processes/linux-lookup.ts';
import { readProcess } from '../../../ts-worker/src/processes/linux-process.ts';
import { kill, whyNoBpf } from '../bpf-support.ts';

const noRoot = process.platform === 'linux' && process.geteuid?.() !== 0 && 'it needs root';

describe('what the kernel tells of processes', { skip: whyNoBpf() || noRoot }, () => {
  const children: ChildProcess[] = [];
  const options = { bootMoment: readBootMoment(), modules: false };
  const lookup = new LinuxLookup();

  const start = async (program: string, args: readonly string[], argv0 = program) => {
    const child = spawn(program, args, { stdio: 'ignore', argv0 });
    await once(child, 'spawn');
    children.push(child);
    return child;
  };

  before(async () => {
    await start('sleep', ['60']);
    await start('sleep', ['60'], ' odd "name",\n');
    await start('setpriv', ['--reuid=65534', 'sleep', '60']);
    await start('unshare', ['--user', 'sleep', '60']);
    await start(process.execPath, [
      '-e',
      'process.title = "a title"; setTimeout(() => {}, 60_000)',
    ]);
    for (const child of children) await settled(child);
    const none = Array.from({ length: 200 }, () => 0);
    lookup.read(none, options); // from now on it asks the kernel
  });

  after(async () => {
    for (const child of children) await kill(child);
  });

  /** Until it runs what it was started for. */
  async function settled({ pid = 0 }: ChildProcess): Promise<void> {
    const isUnderWay = () => {
      const reading = readProcess(pid, options);
      return !['sleep', 'node'].some((name) => reading?.path?.endsWith(name));
    };
    while (isUnderWay()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('is what /proc says, of every process', () => {
    const pids = listProcesses();
    const byProc = () => new Map(pids.map((pid) => [pid, readProcess(pid, options)]));
    const before = byProc();
    const told = lookup.read(pids, options);
    const after = byProc();
    assert.ok(told !== null);
    const quiet = told.filter(({ pid }) => isDeepStrictEqual(before.get(pid), after.get(pid)));
    for (const reading of quiet) assert.deepEqual(reading, before.get(reading.pid));
    const seen = new Set(quiet.map(({ pid }) => pid));
    for (const { pid = 0 } of children) assert.ok(seen.has(pid));
  });

  it('leaves out who has ended', async () => {
    const child = await start('sleep', ['60']);
    await settled(child);
    const pids = [process.pid, child.pid ?? 0];
    const seen = () => lookup.read(pids, options)?.map(({ pid }) => pid);
    assert.deepEqual(seen(), pids);
    await kill(child);
    children.pop();
    assert.deepEqual(seen(), [process.pid]);
  });

  it('is told of thousands, more than there is room for', () => {
    const kernel = new ProcessLookup();
    const pids = Array.from({ length: 2500 }, () => process.pid);
    const found = kernel.read(pids);
    kernel.close();
    assert.equal(found.length, pids.length);
    assert.ok(found.every(({ pid, uid }) => pid === process.pid && uid === process.geteuid?.()));
  });
});
