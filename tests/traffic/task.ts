// What one process of the generator is to do.

export interface Place {
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
}

/** How connections end: said goodbye by the client or the server, or reset. */
export type Ending = 'client' | 'server' | 'reset' | 'serverReset';

interface Serving {
  /** Quick: blocking calls, accept and close. Node: as a server in Node does it. */
  readonly style: 'quick' | 'node';
  /** Whether the server reads what comes. */
  readonly reads?: boolean;
  readonly ending?: Ending;
  /** Milliseconds that a connection lives, at the most (style node, ended by the server). */
  readonly lifetime?: number;
}

/** Accepts connections until it is told to stop. */
export interface ServeTask extends Serving {
  readonly kind: 'serve';
  /** Where to listen, or the descriptor of an inherited listener. */
  readonly listen: (Place & { readonly sharesPort?: boolean }) | { readonly fd: number };
  readonly threads?: number;
}

/** Listens, and lets its children accept: they inherit the listener, or are handed each connection
 * (as Node's cluster does), while the parent lives on. */
export interface ParentTask extends Serving {
  readonly kind: 'parent';
  readonly listen: Place;
  readonly children: number;
  readonly gives: 'listener' | 'connections';
}

export interface ConnectTask {
  readonly kind: 'connect';
  readonly style: 'quick' | 'node';
  readonly to: readonly Place[];
  readonly count: number;
  /** A second, for each process; null: as fast as it goes. */
  readonly rate?: number | null;
  readonly threads?: number;
  readonly lifetime?: number;
  readonly ending?: Ending;
  readonly sends?: boolean;
  /** The client's own address, where it is to bind it first. */
  readonly from?: string;
}

/** UDP sockets that live no time at all. */
export interface DatagramTask {
  readonly kind: 'datagrams';
  readonly address: string;
  readonly count: number;
  readonly ways: readonly ('bind' | 'send' | 'connect' | 'nothing')[];
}

export type Task = (ServeTask | ParentTask | ConnectTask | DatagramTask) & {
  readonly namespace: string;
};

/** What a process of the generator says to the one that started it. */
export type Message =
  | { readonly ready: readonly Place[] }
  | { readonly ends: readonly import('./truth.ts').End[] }
  | { readonly failed: string };
