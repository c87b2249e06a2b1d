// What the tests of the BPF programs share: why they can't run here, processes to look at, and a
// second role for a test file, played by a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BpfUnavailable } from '../../native/linux/bpf/error.ts';
import { SocketTable } from '../../native/linux/bpf/socket-table.ts';

/** The reason to skip a test, or false: the form that node:test takes. */
export function whyNoBpf(): string | false {
  try {
    new SocketTable().close();
    return false;
  } catch (error) {
    if (error instanceof BpfUnavailable) return error.reason;
    throw error;
  }
}

const roleVariable = 'PORTREPORTER_TEST_ROLE';

/** The part this process is to play; null for the tests themselves. */
export const role = process.env[roleVariable] ?? null;

/** Starts the same test file in another role, under a prefix such as `unshare --net`. */
export function startRole(name: string, prefix: readonly string[] = []): ChildProcess {
  const script = process.argv[1] ?? '';
  const [program = process.execPath, ...args] = [...prefix, process.execPath, script];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawn(program, args, {
    env: { ...env, [roleVariable]: name },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** The next line that a role prints, as JSON. */
export async function heard<T>(child: ChildProcess): Promise<T> {
  let text = '';
  while (!text.includes('\n')) {
    const [chunk] = await once(child.stdout ?? child, 'data');
    text += String(chunk);
  }
  return JSON.parse(text);
}

/** Says one line to the tests, and lives on until they close our standard input. */
export async function sayAndStay(message: unknown): Promise<void> {
  process.stdout.write(`${JSON.stringify(message)}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
}

export async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.stdin?.end();
  await closed;
}

/** A process that holds these descriptors, from number 3 on, and does nothing. */
export async function spawnHolder(fds: readonly number[]): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', ...fds] });
  await once(child, 'spawn');
  // By now it runs, but the kernel may still be closing what it was not meant to inherit.
  const links = new Set(fds.map((fd) => readlinkSync(`/proc/self/fd/${fd}`)));
  const held = () => linksOf(child.pid ?? 0).filter((link) => links.has(link)).length;
  while (held() !== fds.length) await sleep(5);
  return child;
}

function linksOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
}

export async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

export async function listen(host: string, ipv6Only = false): Promise<Server & { port: number }> {
  const server = createServer().unref(); // so that a failed test does not keep the process
  server.listen({ port: 0, host, ipv6Only });
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}
