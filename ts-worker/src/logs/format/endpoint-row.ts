// An endpoint as PortQry lists it, behind the number of its process:
//
//   TCP 1064	0.0.0.0 	LISTENING	 0.0.0.0:2064
//   UDP 500	0.0.0.0 			 *:*
//
// How many blanks stand between is not known (published copies lost their tabs), so a reader goes
// by runs of them. The remote port of a genuine listener is noise; ours write 0. Behind the remote
// end ours have two more columns, the network namespace (`-` where there is none) and the
// attribution.

import { isAddress } from '../../model/address.ts';
import type { Attribution, Endpoint, Protocol, State } from '../../model/endpoint.ts';
import { escapeWord, unescapeText } from './escape.ts';
import { portQryState, readState } from './state-name.ts';

export interface LoggedEndpoint {
  readonly endpoint: Endpoint;
  /** Null where the file does not say. */
  readonly attribution: Attribution | null;
}

export const rowTitles = 'Port\t\tLocal IP\tState\t\t Remote IP:Port\tNamespace\tAttribution';

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function remoteText({ family, state, remoteAddress, remotePort }: Endpoint): string {
  if (remoteAddress !== null && remotePort !== null) {
    return `${bracketed(remoteAddress)}:${remotePort}`;
  }
  if (state !== 'Listen') return '*:*';
  return family === 'IPv4' ? '0.0.0.0:0' : '[::]:0';
}

export function endpointRow(endpoint: Endpoint, attribution: Attribution): string {
  const { protocol, localPort, localAddress, namespace } = endpoint;
  const state = protocol === 'UDP' ? '\t' : portQryState(endpoint.state);
  const remote = remoteText(endpoint);
  const where = namespace === null ? '-' : escapeWord(namespace);
  const ends = `${localPort}\t${localAddress} \t${state}\t ${remote}`;
  return `${protocol} ${ends}\t${where}\t${attribution}`;
}

const pattern = new RegExp(
  [
    String.raw`^(TCP|UDP)\s+(\d{1,5})\s+(\S+)\s+`, // protocol, local port, local address
    String.raw`(?:([A-Z][A-Z0-9 _-]*?)\s+)?`, // state, which UDP has not
    String.raw`(\S+):(\d{1,5}|\*)`, // remote address and port
    String.raw`(?:\s+(\S+)\s+(\S+))?\s*$`, // namespace, attribution
  ].join(''),
  'i',
);
/** A row is never longer: the name of a namespace is a file name. */
const longestRow = 2000;

const attributions: ReadonlySet<string> = new Set<Attribution>([
  'Kernel',
  'Table',
  'Listener',
  'Cached',
  'None',
]);
const isAttribution = (text: string): text is Attribution => attributions.has(text);

function remoteOf(state: State, address: string, port: string) {
  const none = { remoteAddress: null, remotePort: null };
  if (port === '*' || state === 'Listen') return none;
  const remoteAddress = address.startsWith('[') ? address.replace(/^\[(.*)\]$/, '$1') : address;
  return isAddress(remoteAddress) ? { remoteAddress, remotePort: Number(port) } : null;
}

/** Null where the text is no such row. */
export function readEndpointRow(text: string): LoggedEndpoint | null {
  const match = text.length > longestRow ? null : pattern.exec(text);
  if (match === null) return null;
  const [, kind = '', port = '', localAddress = '', stateName, address = '', remotePort = ''] =
    match;
  const protocol: Protocol = kind.toUpperCase() === 'UDP' ? 'UDP' : 'TCP';
  const state = protocol === 'UDP' ? 'Bound' : readState(stateName ?? '');
  const remote = state === null ? null : remoteOf(state, address, remotePort);
  if (state === null || remote === null || !isAddress(localAddress)) return null;
  const [, , , , , , , where = '-', attribution = ''] = match;
  const endpoint: Endpoint = {
    protocol,
    family: localAddress.includes(':') ? 'IPv6' : 'IPv4',
    localAddress,
    localPort: Number(port),
    ...remote,
    state,
    namespace: where === '-' ? null : unescapeText(where),
  };
  return { endpoint, attribution: isAttribution(attribution) ? attribution : null };
}
