// Players of the quick style: blocking calls in a loop. Between two connections the event loop gets
// its turn now and then, so that the word to stop is heard.

import {
  acceptOne,
  bindTo,
  close,
  connectTo,
  datagram,
  type Name,
  nameOf,
  open,
  receive,
  resetAtClose,
  sendLetter,
  sendLetterTo,
  stream,
} from './system-calls.ts';
import type { ConnectTask, DatagramTask, ParentTask, ServeTask } from './task.ts';
import type { End } from './truth.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const betweenTurns = 64;

const endOf = (part: End['part'], local: Name, remote: Name | null, namespace: string): End => ({
  part,
  protocol: part === 'datagram' ? 'UDP' : 'TCP',
  local: local.address,
  localPort: local.port,
  remote: remote?.address ?? null,
  remotePort: remote?.port ?? null,
  pid: process.pid,
  namespace,
});

type Serving = Pick<ServeTask | ParentTask, 'reads' | 'ending'>;

/** Accepts until it is to stop and nobody comes any more. */
export async function acceptQuickly(
  listener: number,
  { reads, ending }: Serving,
  namespace: string,
  isStopped: () => boolean,
): Promise<End[]> {
  const ends: End[] = [];
  for (let i = 0; ; i++) {
    const accepted = acceptOne(listener);
    if (accepted === null || i % betweenTurns === 0) await turn();
    if (accepted === null) {
      if (isStopped()) return ends;
      continue;
    }
    const { fd, remote } = accepted;
    ends.push(endOf('server', nameOf(fd), remote, namespace));
    if (reads) receive(fd);
    if (ending === 'serverReset') resetAtClose(fd);
    close(fd);
  }
}

/** A refused socket still tells the port it had, but its address no more: on loopback it was this. */
function refusedName(fd: number): Name {
  const { address, port } = nameOf(fd);
  return { address: address.includes(':') ? '::1' : '127.0.0.1', port };
}

function connectOnce(to: Name, task: ConnectTask, namespace: string): End {
  const fd = open(stream, to.address);
  try {
    if (task.from !== undefined) bindTo(fd, { address: task.from, port: 0 });
    const connected = connectTo(fd, to);
    const end = endOf('client', connected ? nameOf(fd) : refusedName(fd), to, namespace);
    if (connected && task.sends) sendLetter(fd);
    if (connected && task.ending === 'server') receive(fd);
    if (connected && task.ending === 'reset') resetAtClose(fd);
    return end;
  } finally {
    close(fd);
  }
}

export async function connectQuickly(task: ConnectTask, namespace: string): Promise<End[]> {
  const ends: End[] = [];
  const begun = performance.now();
  while (ends.length < task.count) {
    const due = task.rate == null ? task.count : ((performance.now() - begun) * task.rate) / 1000;
    for (let i = 0; i < betweenTurns && ends.length < Math.min(task.count, due); i++) {
      const to = task.to[ends.length % task.to.length];
      if (to === undefined) throw new RangeError('There is nothing to connect to');
      ends.push(connectOnce(to, task, namespace));
    }
    if (task.rate == null) await turn();
    else await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return ends;
}

/** A port where nobody listens, and nobody answers. */
const discard = 9;

function openDatagram(
  address: string,
  way: DatagramTask['ways'][number],
  namespace: string,
): End | null {
  const fd = open(datagram, address);
  const peer = { address, port: discard };
  try {
    if (way === 'nothing') return null;
    if (way === 'bind') bindTo(fd, { address, port: 0 });
    else if (way === 'send') sendLetterTo(fd, peer);
    else connectTo(fd, peer);
    return endOf('datagram', nameOf(fd), way === 'connect' ? peer : null, namespace);
  } finally {
    close(fd);
  }
}

export async function openDatagrams(task: DatagramTask, namespace: string): Promise<End[]> {
  const ends: End[] = [];
  for (let i = 0; i < task.count; i++) {
    const end = openDatagram(task.address, task.ways[i % task.ways.length] ?? 'bind', namespace);
    if (end !== null) ends.push(end);
    if (i % betweenTurns === 0) await turn();
  }
  return ends;
}

export function listenerEnd(listener: number, namespace: string): End {
  return endOf('listener', nameOf(listener), null, namespace);
}
