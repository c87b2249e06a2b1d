// A population of real sockets for the tools to find: listeners, connections with both ends held,
// UDP sockets, over IPv4 and IPv6, in as many processes as wanted.
//
// We open the sockets and hand them to the processes as inherited descriptors. A process is `cat`,
// waiting for its input: it costs one megabyte, is on every Linux, and ends with us, however we end.
// Processes come in pairs, the clients of one connected to the servers of the other; both hold the
// listeners. What was opened is written down, so that what a tool says can be compared with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import type { Row } from './row.ts';
import {
  openConnection,
  openListener,
  openUdp,
  type SocketName,
  withDescriptorLimit,
} from './system-calls.ts';

/** One in so many is a UDP socket, and one in so many connections goes over IPv6. */
const udpShare = 20;
const ipv6Share = 10;

interface Made {
  readonly row: Omit<Row, 'pids'>;
  readonly holders: 'servers' | 'clients' | 'both';
}

/** The descriptors for the two processes of a pair, and what they are. */
class PairSockets {
  readonly servers: number[] = [];
  readonly clients: number[] = [];
  readonly #made: Made[] = [];
  readonly #address: string;
  readonly #listeners: { fd: number; name: SocketName }[];

  constructor(address: string) {
    this.#address = address;
    this.#listeners = [this.#listen(address), this.#listen('::1')];
  }

  #listen(address: string) {
    const { fd, port } = openListener(address);
    const local = { address, port };
    this.servers.push(fd);
    this.clients.push(fd);
    this.#made.push({ row: rowOf('TCP', local, null, 'Listen'), holders: 'both' });
    return { fd, name: local };
  }

  /** Adds sockets until there are `count`, which is even. */
  fill(count: number): void {
    const left = count - this.#listeners.length;
    const udp = Math.ceil(left / udpShare / 2) * 2;
    for (let i = 0; i < udp; i++) this.#addUdp(i % 2 === 1);
    for (let i = 0; i < (left - udp) / 2; i++) this.#addConnection(i % ipv6Share === 0 ? 1 : 0);
  }

  #addUdp(connected: boolean): void {
    const remote = connected ? this.#listeners[0]?.name : undefined;
    const { fd, port } = openUdp(this.#address, remote);
    const local = { address: this.#address, port };
    this.servers.push(fd);
    this.#made.push({ row: rowOf('UDP', local, remote ?? null, 'Bound'), holders: 'servers' });
  }

  #addConnection(family: number): void {
    const listener = this.#listeners[family];
    if (listener === undefined) throw new RangeError(`There is no listener ${family}`);
    const { client, server } = openConnection(listener.fd, listener.name);
    const near: SocketName = { address: listener.name.address, port: client.port };
    this.clients.push(client.fd);
    this.servers.push(server);
    this.#made.push(
      { row: rowOf('TCP', near, listener.name, 'Established'), holders: 'clients' },
      { row: rowOf('TCP', listener.name, near, 'Established'), holders: 'servers' },
    );
  }

  rows(server: number, client: number): Row[] {
    const pids = { servers: [server], clients: [client], both: [server, client] };
    return this.#made.map(({ row, holders }) => ({ ...row, pids: pids[holders] }));
  }

  close(): void {
    for (const fd of new Set([...this.servers, ...this.clients])) closeSync(fd);
  }
}

function rowOf(
  protocol: 'TCP' | 'UDP',
  local: SocketName,
  remote: SocketName | null,
  state: string,
): Omit<Row, 'pids'> {
  const text = ({ address, port }: SocketName) => `${address}:${port}`;
  return { protocol, local: text(local), remote: remote === null ? null : text(remote), state };
}

class Pair {
  readonly rows: readonly Row[];
  readonly #processes: readonly ChildProcess[];

  constructor(address: string, count: number) {
    const sockets = new PairSockets(address);
    try {
      sockets.fill(count);
      this.#processes = [hold(sockets.servers), hold(sockets.clients)];
      const [server, client] = this.#processes.map(({ pid }) => pid ?? 0);
      this.rows = sockets.rows(server ?? 0, client ?? 0);
    } finally {
      sockets.close();
    }
  }

  /** Resolves when both processes have ended, and with them their sockets. */
  async close(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (process) => {
        if (process.exitCode !== null || process.signalCode !== null) return;
        const ended = once(process, 'exit');
        process.kill();
        await ended;
      }),
    );
  }
}

function hold(descriptors: readonly number[]): ChildProcess {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', ...descriptors] });
  if (child.pid === undefined) throw new Error('cat could not be started');
  return child;
}

export interface PopulationSize {
  readonly sockets: number;
  readonly processes: number;
}

/** While a pair is made we hold its sockets, and `spawn` needs each number twice. */
const numbersFor = (perPair: number): number => 2 * perPair + 1000;

const addressOf = (pair: number): string => `127.71.${(pair >> 8) & 255}.${pair & 255}`;

/** Shares `sockets` out to pairs, an even number to each. */
function share(sockets: number, pairs: number): number[] {
  const couples = Math.floor(sockets / 2);
  const withOneMore = couples % pairs;
  const least = Math.floor(couples / pairs);
  return Array.from({ length: pairs }, (_, pair) => 2 * (least + (pair < withOneMore ? 1 : 0)));
}

export class Population {
  readonly #pairs: Pair[] = [];
  #made = 0;

  /** Opens the sockets; where few descriptors are allowed, more processes share them. */
  constructor({ sockets, processes }: PopulationSize) {
    const perPair = Math.ceil((2 * sockets) / processes);
    try {
      withDescriptorLimit(numbersFor(perPair), (limit) => {
        const most = Math.floor((limit - 1000) / 2);
        const pairs = Math.max(Math.ceil(processes / 2), Math.ceil(sockets / most));
        for (const count of share(sockets, pairs)) this.#open(count);
      });
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  get size(): PopulationSize {
    return { sockets: this.rows.length, processes: 2 * this.#pairs.length };
  }

  /** Everything that is open, with its holders. */
  get rows(): Row[] {
    return this.#pairs.flatMap(({ rows }) => rows);
  }

  /** Closes half of the processes with their sockets and opens as many anew. */
  async replaceHalf(): Promise<void> {
    const leaving = this.#pairs.splice(0, Math.ceil(this.#pairs.length / 2)); // the oldest
    await Promise.all(leaving.map((pair) => pair.close()));
    const counts = leaving.map(({ rows }) => rows.length);
    withDescriptorLimit(numbersFor(Math.max(...counts)), () => {
      for (const count of counts) this.#open(count);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#pairs.splice(0).map((pair) => pair.close()));
  }

  #open(count: number): void {
    this.#pairs.push(new Pair(addressOf(this.#made++), count));
  }
}
