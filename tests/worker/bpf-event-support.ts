// What the tests of the event stream share: collecting what it sees, and traffic that it should see.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  decodeProcessEvent,
  decodeSocketEvent,
  eventKind,
  isSocketEvent,
  type ProcessEvent,
  type SocketEvent,
} from '../../native/linux/bpf/event-record.ts';
import { type EventStream, openEventStream } from '../../native/linux/bpf/event-stream.ts';
import { visitRecords } from '../../native/linux/bpf/ring-buffer.ts';
import type { listen } from './bpf-support.ts';

export interface Seen {
  sockets: SocketEvent[];
  processes: ProcessEvent[];
}

export function drain(stream: EventStream): Seen {
  const seen: Seen = { sockets: [], processes: [] };
  const note = (view: DataView, at: number) => {
    if (isSocketEvent(eventKind(view, at))) seen.sockets.push(decodeSocketEvent(view, at));
    else seen.processes.push(decodeProcessEvent(view, at));
  };
  stream.drain((block) => visitRecords(block, note));
  return seen;
}

export interface SeenMeanwhile extends Seen {
  /** How many events the kernel did not show the programs, since they came while another was told. */
  readonly missed: number;
}

/** What the stream sees while the work is done. The rest of the machine fills the ring as well, so
 * it is emptied meanwhile. */
export async function during(
  work: () => unknown,
  stream = openEventStream(),
): Promise<SeenMeanwhile> {
  const seen: Seen[] = [];
  const timer = setInterval(() => seen.push(drain(stream)), 5);
  try {
    await work();
    seen.push(drain(stream));
    assert.equal(stream.lost(), 0);
    stream.countMissed();
    return {
      missed: stream.lost(),
      sockets: seen.flatMap(({ sockets }) => sockets),
      processes: seen.flatMap(({ processes }) => processes),
    };
  } finally {
    clearInterval(timer);
    stream.close();
  }
}

/** An address of our own: the rest of the machine may use the same ports on others. */
export const host = `127.66.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
const hostBytes = Uint8Array.from(host.split('.').map(Number));
const isHost = (address: Uint8Array) => Buffer.from(address).equals(hostBytes);

/** Does the event belong to a socket of ours that has to do with this port? */
export function isAt(port: number): (event: SocketEvent) => boolean {
  return ({ local, localPort, remote, remotePort }) =>
    (isHost(local) && localPort === port) || (isHost(remote) && remotePort === port);
}

export function byCookie(events: readonly SocketEvent[]): Map<bigint, SocketEvent[]> {
  const map = new Map<bigint, SocketEvent[]>();
  for (const event of events) map.set(event.cookie, [...(map.get(event.cookie) ?? []), event]);
  return map;
}

/** One connection: a byte there, and both ends closed when this returns. */
async function connectOnce(port: number, accepted: Promise<unknown>): Promise<number> {
  const client = connect(port, host);
  await once(client, 'connect');
  const { localPort = 0 } = client;
  client.end('x');
  await Promise.all([once(client, 'close'), accepted]);
  return localPort;
}

function echoingEnd(socket: Socket): Promise<unknown> {
  socket.resume();
  socket.end();
  return once(socket, 'close');
}

/** Connections one after another; gives the clients' ports. */
export async function makeConnections(
  count: number,
  port: number,
  server: Server,
): Promise<number[]> {
  const ports: number[] = [];
  for (let made = 0; made < count; made++) {
    const accepted = once(server, 'connection').then(([socket]) => echoingEnd(socket as Socket));
    ports.push(await connectOnce(port, accepted));
  }
  return ports;
}

export type Server = Awaited<ReturnType<typeof listen>>;
