// What `ss` (ss(8)) sees in a namespace, in the words that both sides of a comparison are put into.

import type { PortEndpoint } from './lines.ts';
import type { Namespace } from './namespace.ts';

/** One socket: protocol, both ends, state and the pids of its holders. */
export type Seen = string;

const states: Readonly<Record<string, string>> = {
  LISTEN: 'Listen',
  ESTAB: 'Established',
  UNCONN: 'Bound',
  'TIME-WAIT': 'TimeWait',
  'SYN-SENT': 'SynSent',
  'SYN-RECV': 'SynReceived',
  'FIN-WAIT-1': 'FinWait1',
  'FIN-WAIT-2': 'FinWait2',
  'CLOSE-WAIT': 'CloseWait',
  'LAST-ACK': 'LastAck',
  CLOSING: 'Closing',
};

/** `*` is any address of both families; a scope is an interface's name and left out. */
function endOf(text: string): string {
  const [, address = '', port = ''] = /^(.*):(\d+|\*)$/.exec(text) ?? [];
  const bare = address.replace(/%[^\]:]+/, '').replace(/^\[(.*)\]$/, '$1');
  return port === '*' ? '-' : `${bare === '*' ? '::' : bare} ${port}`;
}

const line = (parts: readonly (string | number)[], holders: readonly number[]): Seen =>
  `${parts.join(' | ')} | ${[...holders].sort((a, b) => a - b).join()}`;

export function seenBySs(namespace: Namespace): Seen[] {
  const text = namespace.run('ss', '-tunapOH');
  const seen = text.split('\n').filter((each) => each !== '');
  return seen
    .map((each) => {
      const [protocol = '', state = '', , , local = '', remote = '', ...rest] = each.split(/\s+/);
      const pids = [...rest.join(' ').matchAll(/pid=(\d+),/g)].map((match) => Number(match[1]));
      const ends = [endOf(local), endOf(remote)];
      const known = protocol === 'udp' ? 'Bound' : (states[state] ?? state);
      return line([protocol.toUpperCase(), ...ends, known], [...new Set(pids)]);
    })
    .sort();
}

/** The same of an answer. Sockets that are only bound are left out where `ss` leaves them out. */
export function seenByWorker(endpoints: readonly PortEndpoint[]): Seen[] {
  const bare = (address: string) => address.replace(/%.*/, '');
  return endpoints
    .filter(({ Protocol, State }) => Protocol === 'UDP' || State !== 'Bound')
    .map((each) => {
      const { RemoteAddress, RemotePort, OwningProcess, SharedWith } = each;
      const remote = RemoteAddress === null ? '-' : `${bare(RemoteAddress)} ${RemotePort}`;
      const holders = OwningProcess === null ? [] : [OwningProcess, ...(SharedWith ?? [])];
      const local = `${bare(each.LocalAddress)} ${each.LocalPort}`;
      return line([each.Protocol, local, remote, each.State], holders);
    })
    .sort();
}
