// States as PortQry names them (LISTENING, TIME WAIT), and any of the usual spellings back to ours.

import { type State, states } from '../../model/endpoint.ts';

const portQryNames: Readonly<Record<State, string>> = {
  Bound: 'BOUND',
  Closed: 'CLOSED',
  CloseWait: 'CLOSE WAIT',
  Closing: 'CLOSING',
  DeleteTCB: 'DELETE TCB',
  Established: 'ESTABLISHED',
  FinWait1: 'FIN WAIT 1',
  FinWait2: 'FIN WAIT 2',
  LastAck: 'LAST ACK',
  Listen: 'LISTENING',
  SynReceived: 'SYN RECEIVED',
  SynSent: 'SYN SENT',
  TimeWait: 'TIME WAIT',
};

export const portQryState = (state: State): string => portQryNames[state];

const plain = (name: string): string => name.replace(/[\s_-]/g, '').toLowerCase();

const byPlainName = new Map<string, State>([
  ...states.map((state) => [plain(state), state] as const),
  ...states.map((state) => [plain(portQryNames[state]), state] as const),
  ...states.map((state) => [portQryNames[state], state] as const), // these come by the thousand
  ['synrcvd', 'SynReceived'],
  ['synrecv', 'SynReceived'],
  ['estab', 'Established'],
]);

/** Null for a name that nobody uses. */
export const readState = (name: string): State | null =>
  byPlainName.get(name) ?? byPlainName.get(plain(name)) ?? null;
