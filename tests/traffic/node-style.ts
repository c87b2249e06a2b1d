// Players of the Node style: sockets of node:net in the event loop, as most programs here have them,
// with lifetimes of milliseconds.

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectTask, ParentTask, Place, ServeTask } from './task.ts';
import type { End } from './truth.ts';

type Serving = Pick<ServeTask | ParentTask, 'reads' | 'ending' | 'lifetime'>;

function endOf(part: 'client' | 'server', socket: Socket, namespace: string): End {
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  return {
    part,
    protocol: 'TCP',
    local: localAddress,
    localPort,
    remote: remoteAddress,
    remotePort,
    pid: process.pid,
    namespace,
  };
}

/** Ends a connection in its time, the one way or the other. */
function endLater(socket: Socket, lifetime: number, how: 'end' | 'reset'): void {
  setTimeout(() => (how === 'end' ? socket.end() : socket.resetAndDestroy()), lifetime).unref();
}

/** Takes a connection in hand; what was accepted goes into `ends`. */
export function serveSocket(socket: Socket, task: Serving, namespace: string, ends: End[]): void {
  const { reads = true, ending = 'client', lifetime = 0 } = task;
  ends.push(endOf('server', socket, namespace));
  socket.on('error', () => {}); // a reset is one of the ways to end
  if (reads) socket.resume();
  if (ending === 'server') endLater(socket, Math.random() * lifetime, 'end');
  if (ending === 'serverReset') endLater(socket, Math.random() * lifetime, 'reset');
}

export async function serveByNode(
  listen: Place | { readonly fd: number },
  task: Serving,
  namespace: string,
  ends: End[],
): Promise<Server> {
  const server = createServer({ pauseOnConnect: task.reads === false }, (socket) =>
    serveSocket(socket, task, namespace, ends),
  );
  if ('fd' in listen) server.listen(listen);
  else server.listen({ host: listen.address, port: listen.port });
  await once(server, 'listening');
  return server;
}

/** Resolves when all connections that were accepted are over. */
export async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await closed;
}

async function connectOnce(to: Place, task: ConnectTask, namespace: string): Promise<End> {
  const { lifetime = 0, ending = 'client', from } = task;
  const own = from === undefined ? {} : { localAddress: from };
  const socket = connect({ host: to.address, port: to.port, ...own });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const end = endOf('client', socket, namespace);
  const closed = once(socket, 'close');
  socket.resume();
  if (task.sends) socket.write('x');
  if (ending === 'client') endLater(socket, Math.random() * lifetime, 'end');
  if (ending === 'reset') endLater(socket, Math.random() * lifetime, 'reset');
  await closed;
  return end;
}

/** At most so many at a time: descriptors are limited. */
const mostOpen = 400;

export async function connectByNode(task: ConnectTask, namespace: string): Promise<End[]> {
  const open = new Set<Promise<void>>();
  const ends: End[] = [];
  const begun = performance.now();
  for (let made = 0; made < task.count; made++) {
    const to = task.to[made % task.to.length];
    if (to === undefined) throw new RangeError('There is nothing to connect to');
    const due = task.rate == null ? 0 : begun + (made * 1000) / task.rate - performance.now();
    if (due > 1) await sleep(due);
    while (open.size >= mostOpen) await Promise.race(open);
    const one = connectOnce(to, task, namespace).then((end) => {
      ends.push(end);
      open.delete(one);
    });
    open.add(one);
  }
  await Promise.all(open);
  return ends;
}
