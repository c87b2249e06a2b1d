// An endpoint is one row of the TCP or UDP table; words follow Get-NetTCPConnection.

export type Protocol = 'TCP' | 'UDP';
export type AddressFamily = 'IPv4' | 'IPv6';

/** The thirteen states, spelled as Get-NetTCPConnection spells them. A UDP socket is `Bound`. */
export const states = [
  'Bound',
  'Closed',
  'CloseWait',
  'Closing',
  'DeleteTCB',
  'Established',
  'FinWait1',
  'FinWait2',
  'LastAck',
  'Listen',
  'SynReceived',
  'SynSent',
  'TimeWait',
] as const;
export type State = (typeof states)[number];

/** How an owner is known. Kernel: named by the kernel at the event. Table: read from the socket and
 * process tables now. Listener: an accepted connection credited to its listener until it is known
 * better. Cached: remembered, not read again. None: not known. */
export type Attribution = 'Kernel' | 'Table' | 'Listener' | 'Cached' | 'None';

export interface Endpoint {
  readonly protocol: Protocol;
  readonly family: AddressFamily;
  /** Numeric text, IPv6 as RFC 5952 writes it, a scope behind `%` where there is one. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Null where there is no remote end: listeners, bound and unconnected sockets. */
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
  readonly state: State;
  /** The network namespace as `Namespaces` names it; null on systems that have none. */
  readonly namespace: string | null;
}

/** The same endpoint in another state. Written out, since a busy watch asks for ten thousand a second,
 * and a spread object takes much longer. */
export const inState = (
  { protocol, family, localAddress, localPort, remoteAddress, remotePort, namespace }: Endpoint,
  state: State,
): Endpoint => ({
  protocol,
  family,
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
  state,
  namespace,
});

/** Where an endpoint is, as far as that is known. */
export interface EndpointEnds {
  readonly localAddress: string | null;
  readonly localPort: number | null;
  readonly remoteAddress: string | null;
  readonly remotePort: number | null;
}

/** Both ports as one number, by which endpoints are found quicker than by a text; of 32 bits with
 * their sign, as V8 keeps a larger one in a place of its own. */
export const portsOf = ({ localPort, remotePort }: EndpointEnds): number =>
  ((localPort ?? 0) << 16) | (remotePort ?? 0);

export const hasSameEnds = (a: EndpointEnds, b: EndpointEnds): boolean =>
  a.localPort === b.localPort &&
  a.remotePort === b.remotePort &&
  a.localAddress === b.localAddress &&
  a.remoteAddress === b.remoteAddress;
