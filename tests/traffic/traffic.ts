// The generator as a test uses it: starts players, brings clients together with servers, ends all that
// it started, and gives the truth about what they did.

import type { ChildProcess } from 'node:child_process';
import { spawnPlayer } from './player.ts';
import type { ConnectTask, DatagramTask, Message, ParentTask, Place, ServeTask } from './task.ts';
import type { End } from './truth.ts';

export interface Where {
  /** As PortReporter names it. */
  readonly namespace?: string;
  /** A program and its arguments that run a player: `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** Milliseconds that a player may take for all its work. */
const longest = 120_000;

class Player {
  readonly #process: ChildProcess;
  readonly ready: Promise<readonly Place[]>;
  readonly ends: Promise<readonly End[]>;
  readonly exited: Promise<void>;

  constructor(process: ChildProcess) {
    this.#process = process;
    const killer = setTimeout(() => process.kill('SIGKILL'), longest);
    this.exited = new Promise((resolve) => {
      for (const event of ['exit', 'error']) {
        process.on(event, () => {
          clearTimeout(killer);
          resolve();
        });
      }
    });
    this.ready = this.#hear((message) => ('ready' in message ? message.ready : null));
    this.ends = this.#hear((message) => ('ends' in message ? message.ends : null));
    this.ready.catch(() => {}); // said by whoever waits for the ends
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  stop(): void {
    if (this.#process.connected) this.#process.send('stop');
  }

  #hear<Part>(pick: (message: Message) => Part | null): Promise<Part> {
    return new Promise((resolve, reject) => {
      this.#process.on('message', (message: Message) => {
        if ('failed' in message) reject(new Error(message.failed));
        const part = pick(message);
        if (part !== null) resolve(part);
      });
      this.#process.on('error', reject);
      // Not at its exit: what it said last may still be on its way then.
      this.#process.on('disconnect', () => reject(new Error('A player ended early')));
    });
  }
}

/** A server that is up, or several behind one port. */
export interface Serving {
  readonly places: readonly Place[];
  readonly pid: number;
  /** Stops it, once nobody comes any more; gives what it accepted, and its listener. */
  stop(): Promise<readonly End[]>;
}

export class Traffic {
  readonly #where: Where;
  readonly #players = new Set<Player>();

  constructor(where: Where = {}) {
    this.#where = where;
  }

  async serve(task: Omit<ServeTask, 'kind'>): Promise<Serving> {
    return await this.#serving(this.#start({ ...task, kind: 'serve' }));
  }

  async parent(task: Omit<ParentTask, 'kind'>): Promise<Serving> {
    return await this.#serving(this.#start({ ...task, kind: 'parent' }));
  }

  /** Several processes with a listener each on one port (SO_REUSEPORT). */
  async shared(count: number, task: Omit<ServeTask, 'kind'> & { listen: Place }): Promise<Serving> {
    const { listen } = task;
    const first = await this.serve({ ...task, listen: { ...listen, sharesPort: true } });
    const [place = listen] = first.places;
    const others = await Promise.all(
      Array.from({ length: count - 1 }, () =>
        this.serve({ ...task, listen: { ...place, sharesPort: true } }),
      ),
    );
    const stop = async () =>
      (await Promise.all([first, ...others].map((each) => each.stop()))).flat();
    return { places: first.places, pid: first.pid, stop };
  }

  async connect(task: Omit<ConnectTask, 'kind'>): Promise<readonly End[]> {
    return await this.#work(this.#start({ ...task, kind: 'connect' }));
  }

  async datagrams(task: Omit<DatagramTask, 'kind'>): Promise<readonly End[]> {
    return await this.#work(this.#start({ ...task, kind: 'datagrams' }));
  }

  /** Ends what is still running; for `finally`. */
  async end(): Promise<void> {
    const players = [...this.#players];
    for (const player of players) player.stop();
    await Promise.all(players.map(({ exited }) => exited));
  }

  async #serving(player: Player): Promise<Serving> {
    const places = await player.ready;
    const stop = async () => {
      player.stop();
      return await this.#work(player);
    };
    return { places, pid: player.pid, stop };
  }

  async #work(player: Player): Promise<readonly End[]> {
    const ends = await player.ends;
    await player.exited;
    return ends;
  }

  #start(task: ServeTask | ParentTask | ConnectTask | DatagramTask): Player {
    const { namespace = 'default', within = [] } = this.#where;
    const player = new Player(spawnPlayer({ ...task, namespace }, within));
    this.#players.add(player);
    void player.exited.then(() => this.#players.delete(player));
    return player;
  }
}

/** So many addresses of this machine, each with room for 28,000 connections to one port. */
export const loopbacks = (count: number, port: number): Place[] =>
  Array.from({ length: count }, (_, i) => ({ address: `127.72.${i >> 8}.${(i & 255) + 1}`, port }));
