// One process of the generator. It is the same bundle as the program that started it, told by its
// environment to play a part; the program calls playTraffic() before it does anything else.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { closeServer, connectByNode, serveByNode, serveSocket } from './node-style.ts';
import { acceptQuickly, connectQuickly, listenerEnd, openDatagrams } from './quick.ts';
import { close, giveUpSoon, nameOf, openListener } from './system-calls.ts';
import type { ConnectTask, Message, ParentTask, ServeTask, Task } from './task.ts';
import type { End } from './truth.ts';

const variable = 'PORTREPORTER_TRAFFIC';

/** Starts a player; a prefix such as `ip netns exec NAME` goes before it. */
export function spawnPlayer(
  task: Task,
  within: readonly string[] = [],
  descriptors: readonly number[] = [],
): ChildProcess {
  const [program = '', ...args] = [...within, process.execPath, process.argv[1] ?? ''];
  const { NODE_TEST_CONTEXT: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  return spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...descriptors],
    env: { ...env, [variable]: JSON.stringify(task) },
  });
}

/** The first inherited descriptor: those before it are the standard ones and the channel. */
const firstInherited = 4;

const say = (message: Message): void => {
  process.send?.(message);
};

/** Set when the process is told to stop; its threads see it, too. */
class StopFlag {
  readonly shared: SharedArrayBuffer;
  readonly #flag: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#flag = new Int32Array(shared);
  }

  readonly isSet = (): boolean => Atomics.load(this.#flag, 0) !== 0;

  set(): void {
    Atomics.store(this.#flag, 0, 1);
  }
}

interface ThreadWork {
  readonly task: Task;
  readonly listener: number;
  readonly stop: SharedArrayBuffer;
}

function isThreadWork(value: unknown): value is ThreadWork {
  return typeof value === 'object' && value !== null && 'task' in value && 'stop' in value;
}

/** The same work in so many threads, this one included. */
async function inThreads(
  count: number,
  work: ThreadWork,
  own: () => Promise<End[]>,
): Promise<End[]> {
  const others = Array.from({ length: count - 1 }, async () => {
    const thread = new Worker(process.argv[1] ?? '', {
      workerData: work,
      trackUnmanagedFds: false, // sockets here are bare descriptors
    });
    // Listened for from the start: its exit may follow its message at once.
    const told = [once(thread, 'message'), once(thread, 'exit')] as const;
    const [[ends]] = await Promise.all(told);
    return ends as End[];
  });
  return (await Promise.all([...others, own()])).flat();
}

async function playThread({ task, listener, stop }: ThreadWork): Promise<void> {
  const { namespace } = task;
  const { isSet } = new StopFlag(stop);
  const ends =
    task.kind === 'connect'
      ? await connectAs(task, namespace)
      : await acceptQuickly(listener, task as ServeTask, namespace, isSet);
  parentPort?.postMessage(ends);
}

const connectAs = (task: ConnectTask, namespace: string): Promise<End[]> =>
  task.style === 'quick' ? connectQuickly(task, namespace) : connectByNode(task, namespace);

async function playConnect(task: Task & ConnectTask, stop: StopFlag): Promise<End[]> {
  const { threads = 1, namespace } = task;
  const share = { ...task, count: Math.floor(task.count / threads) };
  const rest = task.count - share.count * (threads - 1);
  const work = { task: share, listener: -1, stop: stop.shared };
  return await inThreads(threads, work, () => connectAs({ ...task, count: rest }, namespace));
}

async function playServe(task: Task & ServeTask, stop: StopFlag): Promise<End[]> {
  const { listen, namespace, style, threads = 1 } = task;
  const isInherited = 'fd' in listen;
  const listener = isInherited ? listen.fd : openListener(listen, listen.sharesPort);
  const own = isInherited ? [] : [listenerEnd(listener, namespace)];
  if (style === 'node') {
    const ends: End[] = [];
    const server = await serveByNode({ fd: listener }, task, namespace, ends);
    say({ ready: [nameOf(listener)] });
    await stopped;
    await closeServer(server);
    return [...own, ...ends];
  }
  giveUpSoon(listener);
  say({ ready: [nameOf(listener)] });
  const work = { task, listener, stop: stop.shared };
  const ends = await inThreads(threads, work, () =>
    acceptQuickly(listener, task, namespace, stop.isSet),
  );
  close(listener);
  return [...own, ...ends];
}

/** A child's part is told by its own messages: when it is ready, and what it accepted. */
class Child {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly ends: Promise<readonly End[]>;

  constructor(task: Task, descriptors: readonly number[]) {
    this.process = spawnPlayer(task, [], descriptors);
    this.ready = new Promise((resolve) => {
      this.process.on('message', (message: Message) => 'ready' in message && resolve());
    });
    this.ends = new Promise((resolve, reject) => {
      this.process.on('message', (message: Message) => {
        if ('ends' in message) resolve(message.ends);
        if ('failed' in message) reject(new Error(message.failed));
      });
    });
  }
}

async function playParent(task: Task & ParentTask): Promise<End[]> {
  const { namespace, gives, children: count } = task;
  const listener = openListener(task.listen);
  const own = listenerEnd(listener, namespace);
  const child: Task = { ...task, kind: 'serve', listen: { fd: firstInherited } };
  const descriptors = gives === 'listener' ? [listener] : [];
  const children = Array.from({ length: count }, () => new Child(child, descriptors));
  await Promise.all(children.map(({ ready }) => ready));
  const server = gives === 'connections' ? await handOut(listener, task, children) : null;
  say({ ready: [nameOf(listener)] });
  await stopped;
  if (server !== null) await closeServer(server);
  for (const { process: each } of children) each.send('stop');
  const ends = await Promise.all(children.map((each) => each.ends));
  if (server === null) close(listener);
  return [own, ...ends.flat()];
}

async function handOut(
  listener: number,
  task: Task & ParentTask,
  children: readonly Child[],
): Promise<Server> {
  const server = await serveByNode({ fd: listener }, { ...task, reads: false }, 'nobody', []);
  let next = 0;
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    children[next++ % children.length]?.process.send('connection', socket);
  });
  return server;
}

/** The child that is handed connections by its parent. */
async function playHanded(task: Task & ServeTask): Promise<End[]> {
  const ends: End[] = [];
  process.on('message', (message, socket) => {
    if (message === 'connection') serveSocket(socket as Socket, task, task.namespace, ends);
  });
  say({ ready: [] });
  await stopped;
  return ends;
}

let stopped: Promise<void> = Promise.resolve();

function listenForStop(stop: StopFlag): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      stop.set();
      resolve();
    };
    process.on('message', (message) => message === 'stop' && end());
    process.on('disconnect', end); // the one that started us is gone
  });
}

const isHanded = (task: Task): boolean =>
  task.kind === 'serve' && 'gives' in task && task.gives === 'connections';

async function play(task: Task, stop: StopFlag): Promise<End[]> {
  if (isHanded(task)) return await playHanded(task as Task & ServeTask);
  if (task.kind === 'serve') return await playServe(task, stop);
  if (task.kind === 'parent') return await playParent(task);
  if (task.kind === 'connect') return await playConnect(task, stop);
  return await openDatagrams(task, task.namespace);
}

async function playProcess(task: Task): Promise<never> {
  const stop = new StopFlag();
  stopped = listenForStop(stop);
  let message: Message;
  try {
    message = { ends: await play(task, stop) };
  } catch (error) {
    message = { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  await new Promise((resolve) => process.send?.(message, resolve));
  process.exit();
}

/** True where this process was started to play a part; then it has played it. */
export async function playTraffic(): Promise<boolean> {
  if (!isMainThread && isThreadWork(workerData)) {
    await playThread(workerData);
    return true;
  }
  const text = process.env[variable];
  if (text === undefined) return false;
  return await playProcess(JSON.parse(text));
}
