// Who watches the traffic: we, and the tools that people use for it. Each says in the end which
// connections it saw, and whose they were.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findOnPath } from '../../../build/tasks/shell.ts';
import { otherTools, type Tool } from '../snapshot/tools.ts';
import { OurWatch } from './our-watch.ts';
import { spawnPoller } from './poller.ts';

/** The last process that was named, by `local remote`; 0 where none was. */
export type Seen = ReadonlyMap<string, number>;

export interface Watcher {
  readonly name: string;
  readonly pid: number;
  /** Ends it. */
  stop(): Promise<Seen>;
}

export interface WatcherKind {
  readonly name: string;
  start(): Promise<Watcher>;
}

export const ourName = 'Watch-PortActivity’s worker';
export const lifeName = 'tcplife (libbpf-tools)';

export const ours: WatcherKind = {
  name: ourName,
  start: async () => {
    const watch = new OurWatch(process.cwd());
    await watch.begin();
    return { name: ourName, pid: watch.pid, stop: () => watch.end() };
  },
};

/** A program that prints until it is interrupted. */
class Printer implements Watcher {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #parse: (text: string) => Seen;
  readonly #chunks: Buffer[] = [];
  readonly #closed: Promise<unknown>;

  constructor(name: string, child: ChildProcess, parse: (text: string) => Seen) {
    this.name = name;
    this.#child = child;
    this.#parse = parse;
    child.stdout?.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#closed = once(child, 'close');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async stop(): Promise<Seen> {
    this.#child.kill('SIGINT');
    await this.#closed;
    return this.#parse(Buffer.concat(this.#chunks).toString());
  }
}

const run = (program: string, ...args: readonly string[]): ChildProcess =>
  spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });

function parseLines(text: string): Seen {
  const words = text.split('\n').map((line) => line.split(' '));
  return new Map(words.map(([local, remote, pid]) => [`${local} ${remote}`, Number(pid)]));
}

/** `PID COMM LADDR LPORT RADDR RPORT TX_KB RX_KB MS`; the name of a program may hold blanks. */
function parseLife(text: string): Seen {
  const lines = text.split('\n').filter((line) => /^\d/.test(line));
  return new Map(
    lines.map((line) => {
      const words = line.trim().split(/\s+/);
      const [local, localPort, remote, remotePort] = words.slice(-7);
      return [`${local}:${localPort} ${remote}:${remotePort}`, Number(words[0])];
    }),
  );
}

/** tcplife needs the tracepoints of tracefs, which is not mounted everywhere: it gets one to itself. */
const lifeScript =
  'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec tcplife';

const life: WatcherKind = {
  name: lifeName,
  start: async () => {
    const child = run('unshare', '--mount', 'sh', '-c', lifeScript);
    return new Printer(lifeName, child, parseLife);
  },
};

const poller: WatcherKind = {
  name: 'sock_diag and /proc/PID/fd each 100 ms',
  start: async () => new Printer(poller.name, spawnPoller(), parseLines),
};

function parseRows(tool: Tool, text: string): Seen {
  const rows = tool.parse(text).filter(({ remote }) => remote !== null);
  return new Map(rows.map(({ local, remote, pids }) => [`${local} ${remote}`, pids[0] ?? 0]));
}

function eachSecond(tool: Tool): WatcherKind {
  const name = `${tool.command.join(' ')} each second`;
  const script = `trap exit INT; while :; do ${tool.command.join(' ')}; sleep 1; done`;
  const parse = (text: string) => parseRows(tool, text);
  return { name, start: async () => new Printer(name, run('bash', '-c', script), parse) };
}

export interface Watchers {
  readonly kinds: readonly WatcherKind[];
  readonly missing: readonly string[];
}

/** Those that are installed here. */
export function findWatchers(): Watchers {
  const tools = otherTools('').filter(({ command: [program] }) => /^(ss|lsof)$/.test(program));
  const needed: readonly (readonly [string, WatcherKind])[] = [
    ['tcplife', life],
    ...tools.map((tool) => [tool.command[0], eachSecond(tool)] as const),
  ];
  const isThere = ([program]: readonly [string, WatcherKind]) => findOnPath(program) !== null;
  const there = needed.filter(isThere).map(([, kind]) => kind);
  const missing = needed.filter((each) => !isThere(each)).map(([program]) => program);
  return { kinds: [ours, poller, ...there], missing };
}
