// What really happened, as those tell it who did it.

/** One end of one connection, one listener, or one UDP socket. */
export interface End {
  readonly part: 'client' | 'server' | 'listener' | 'datagram';
  readonly protocol: 'TCP' | 'UDP';
  readonly local: string;
  readonly localPort: number;
  readonly remote: string | null;
  readonly remotePort: number | null;
  /** The process that had it in its hands last. */
  readonly pid: number;
  /** As PortReporter names it. */
  readonly namespace: string;
}

/** Where an end is: what makes two of them the same. */
export function placeOf(end: Omit<End, 'part' | 'pid'>): string {
  const { protocol, local, localPort, remote, remotePort, namespace } = end;
  return `${namespace} ${protocol} ${local}:${localPort} ${remote ?? '*'}:${remotePort ?? '*'}`;
}
