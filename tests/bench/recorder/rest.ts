// What a recorder costs while nothing happens: the real one, in a process of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseStatus, type RecorderStatus } from '../../../ts-worker/src/settings/status.ts';
import { peakMemory } from '../memory.ts';

/** Milliseconds in which a start is over, and that are measured. */
const settling = 10_000;
const measured = 30_000;

export interface RestResult {
  readonly status: RecorderStatus;
  /** Records meanwhile: what others did on this machine. */
  readonly records: number;
  /** Of one core. */
  readonly share: number;
  /** Megabytes: at the end, and at the most. */
  readonly memory: number;
  readonly peak: number;
}

/** Milliseconds of processor time: utime and stime of /proc/PID/stat (proc(5)), of 100 Hz. */
function processorTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function listenOften(count: number): Promise<Server[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return servers;
}

function readStatus(path: string): RecorderStatus {
  const status = parseStatus(readFileSync(join(path, 'status.json'), 'utf8'));
  if (status === null) throw new Error('The recorder has no status');
  return status;
}

async function measure(pid: number, path: string): Promise<RestResult> {
  await delay(settling);
  const [before, { records }] = [processorTime(pid), readStatus(path)];
  await delay(measured);
  const share = (processorTime(pid) - before) / measured;
  const status = readStatus(path);
  return {
    status,
    records: status.records - records,
    share,
    memory: status.memory / 2 ** 20,
    peak: peakMemory(pid),
  };
}

export async function rest(root: string, endpoints: number): Promise<RestResult> {
  const path = mkdtempSync(join(tmpdir(), 'portreporter-rest-'));
  const servers = await listenOften(endpoints);
  const bundle = join(root, 'ts-worker/dist/portreporter-worker.cjs');
  const args = [bundle, 'record', '--log-directory', path];
  const recorder = spawn(process.execPath, args, { stdio: 'ignore' });
  const closed = once(recorder, 'close');
  try {
    return await measure(recorder.pid ?? 0, path);
  } finally {
    recorder.kill();
    await closed;
    for (const server of servers) server.close();
    rmSync(path, { recursive: true });
  }
}
