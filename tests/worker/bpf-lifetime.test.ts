// Nothing stays in the kernel when the process is gone, however it went.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { SocketTable } from '../../native/linux/bpf/socket-table.ts';
import { heard, role, sayAndStay, startRole, whyNoBpf } from './bpf-support.ts';

interface Ids {
  readonly prog: readonly number[];
  readonly map: readonly number[];
  readonly link: readonly number[];
}

/** What a process's descriptors hold, from /proc/PID/fdinfo: `prog_id:	17`. */
function heldBy(pid: number): Ids {
  const found = { prog: new Set<number>(), map: new Set<number>(), link: new Set<number>() };
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readInfo(`/proc/${pid}/fdinfo/${fd}`);
    for (const [, kind, id] of text.matchAll(/^(prog|map|link)_id:\s*(\d+)$/gm)) {
      found[kind as keyof Ids].add(Number(id));
    }
  }
  return { prog: [...found.prog], map: [...found.map], link: [...found.link] };
}

function readInfo(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // the descriptor that read the folder is closed by now
  }
}

/** What of these is in the kernel now, by bpftool. */
function alive(ids: Ids): string[] {
  return (['prog', 'map', 'link'] as const).flatMap((kind) => {
    const { stdout } = spawnSync('bpftool', ['-j', kind, 'list'], { encoding: 'utf8' });
    const present = new Set((JSON.parse(stdout) as { id: number }[]).map(({ id }) => id));
    return ids[kind].filter((id) => present.has(id)).map((id) => `${kind} ${id}`);
  });
}

/** The kernel takes programs down some moments after their last descriptor is closed. */
async function leftAfterAWhile(ids: Ids): Promise<string[]> {
  for (let tries = 0; tries < 600 && alive(ids).length > 0; tries++) await sleep(100);
  return alive(ids);
}

if (role === 'holder') {
  await new SocketTable().read(() => {});
  const stream = openEventStream();
  await sayAndStay({ usable: stream.programs.filter((program) => program.usable).length });
  process.exit();
}

const skip =
  whyNoBpf() || (spawnSync('bpftool', ['version']).error ? 'bpftool is not installed' : false);

test('kill -9 leaves nothing behind', { skip }, async () => {
  const child = startRole('holder');
  const { usable } = await heard<{ usable: number }>(child);
  const held = heldBy(child.pid ?? 0);
  const before = alive(held);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.equal(held.prog.length, usable + 1);
  assert.ok(held.map.length >= 4);
  assert.equal(before.length, held.prog.length + held.map.length + held.link.length);
  assert.deepEqual(await leftAfterAWhile(held), []);
});

test('close() gives everything back', { skip }, async () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  openEventStream().close(); // what stays open once for all, does so now
  const before = descriptors();
  const table = new SocketTable();
  const stream = openEventStream();
  await stream.wait(1);
  const held = heldBy(process.pid);
  stream.close();
  table.close();
  assert.ok(held.prog.length >= 2);
  assert.equal(descriptors(), before);
  assert.deepEqual(await leftAfterAWhile(held), []);
});
