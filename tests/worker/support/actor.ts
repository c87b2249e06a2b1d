// The test's side of actor.mjs: a process that holds sockets until it is told to stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseAddress } from '../../../ts-worker/src/model/address.ts';
import { answered, endWithTests } from './children.ts';
import { forOthers } from './for-others.ts';
import { unmeasured } from './worker.ts';

/** One end of a socket as text, `127.0.0.1 80` or `fe80::1 80`; the scope is an interface's number. */
type End = string;

function endOf(end: End): { address: number[]; port: number; scope: number } {
  const [text = '', port = ''] = end.split(' ');
  const bytes = parseAddress(text);
  if (bytes === null) throw new Error(`${end} is no end of a socket`);
  return { address: [...bytes], port: Number(port), scope: Number(text.split('%')[1] ?? 0) };
}

export interface ActorOptions {
  /** A program and its arguments that run it: `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

export class Actor {
  readonly #process: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #pid = 0;

  private constructor({ within = [] }: ActorOptions) {
    const script = forOthers('tests/worker/support/actor.mjs');
    const [program = '', ...args] = [...within, process.execPath, script];
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: unmeasured });
    endWithTests(this.#process);
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('no pipe');
    this.#answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  static async start(options: ActorOptions = {}): Promise<Actor> {
    const actor = new Actor(options);
    actor.#pid = await actor.#call('pid');
    return actor;
  }

  get pid(): number {
    return this.#pid;
  }

  async #call(name: string, ...args: readonly unknown[]): Promise<number> {
    this.#process.stdin?.write(`${JSON.stringify({ name, args })}\n`);
    const line = await answered(this.#answers.next(), name);
    if (line.done) throw new Error(`The actor ended before it answered ${name}`);
    const { value, error } = JSON.parse(line.value);
    if (error !== undefined) throw new Error(`${name} ${JSON.stringify(args)}: ${error}`);
    return value;
  }

  /** A TCP socket that has a port and nothing else. */
  bound = (end: End) => this.#call('bound', endOf(end));
  listen = (end: End, options = {}) => this.#call('listen', endOf(end), options);
  accept = (listener: number) => this.#call('accept', listener);
  connect = (from: End, to: End) => this.#call('connect', endOf(from), endOf(to));
  beginConnect = (from: End, to: End) => this.#call('beginConnect', endOf(from), endOf(to));
  udp = (end: End, options = {}) => this.#call('udp', endOf(end), options);
  connectedUdp = (end: End, to: End) => this.#call('udp', endOf(end), { to: endOf(to) });
  /** UDP sockets on as many ports from this one on, connected to one other end. */
  manyUdp = (end: End, to: End, count: number) =>
    this.#call('manyUdp', endOf(end), endOf(to), count);
  /** A listener with so many connections of its own process that it does not accept. */
  crowd = (end: End, count: number) => this.#call('crowd', endOf(end), count);
  /** So many connections to a listener of its own, accepted and closed at once. */
  churn = (end: End, listener: number, count: number) =>
    this.#call('churn', endOf(end), listener, count);
  portOf = (socket: number) => this.#call('portOf', socket);
  /** Says that nothing more will be sent. */
  end = (socket: number) => this.#call('end', socket);
  close = (socket: number) => this.#call('close', socket);
  duplicate = (socket: number) => this.#call('duplicate', socket);
  /** Starts a program that holds the socket as well; gives its pid. */
  share = (socket: number, program: string, ...args: readonly string[]) =>
    this.#call('share', socket, program, args);

  async stop(): Promise<void> {
    const ended = once(this.#process, 'close');
    this.#process.stdin?.end();
    await answered(ended, 'the end of an actor');
  }
}
