// The lines of an answer (docs/protocol.md), and the endpoints that PowerShell makes of them.

/** Numbers as they lie in memory, in base64. */
type Columns = Readonly<Record<string, string>>;

interface Said {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface Capability {
  readonly Name: string;
  readonly Usable: boolean;
  readonly Reason: string | null;
  readonly Use: string;
  readonly Detail: string | null;
}

export interface Line {
  readonly templates?: readonly object[];
  readonly addresses?: string;
  readonly endpoints?: Columns;
  readonly process?: Readonly<Record<string, unknown>>;
  readonly statistics?: { readonly TcpMappings: number; readonly UdpMappings: number };
  readonly values?: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
  readonly watching?: { readonly source: string; readonly whyNotBetter: string | null };
  readonly capabilities?: readonly Capability[];
  readonly verbose?: string;
  readonly warning?: Said;
  readonly error?: Said & { readonly target: string | null };
  readonly end?: Readonly<Record<string, unknown>>;
}

/** Only what tests read of it. */
export interface PortEndpoint {
  readonly Protocol: string;
  readonly AddressFamily: string;
  readonly LocalAddress: string;
  readonly LocalPort: number;
  readonly RemoteAddress: string | null;
  readonly RemotePort: number | null;
  readonly State: string;
  readonly OwningProcess: number | null;
  readonly SharedWith: readonly number[] | null;
  readonly ProcessName: string | null;
  readonly Path: string | null;
  readonly CommandLine: string | null;
  readonly User: string | null;
  readonly Services: readonly string[] | null;
  readonly ProcessStartTime: string | null;
  readonly Namespace: string | null;
  readonly Attribution: string;
  readonly Modules: readonly string[] | null;
  readonly RemoteHostName?: string | null;
  readonly Time: string;
}

function numbersOf(columns: Columns): Record<string, readonly number[]> {
  const entries = Object.entries(columns).map(([name, text]) => {
    const { buffer } = new Uint8Array(Buffer.from(text, 'base64'));
    const numbers = name.endsWith('Port') ? new Uint16Array(buffer) : new Int32Array(buffer);
    return [name, [...numbers]];
  });
  return Object.fromEntries(entries);
}

function numbered<Item>(list: readonly Item[], number = Number.NaN): Item {
  const item = list[number];
  if (item === undefined) throw new Error(`${number} has not come yet`);
  return item;
}

/** A template, and what differs; a name that came before goes with its address. */
export function endpointsOf(lines: readonly Line[]): PortEndpoint[] {
  const templates: object[] = [];
  const addresses: string[] = [];
  const names = new Map<string, string>();
  return lines.flatMap((line) => {
    templates.push(...(line.templates ?? []));
    addresses.push(...(line.addresses?.split('\n') ?? []));
    for (const [address, name] of Object.entries(line.names ?? {})) names.set(address, name);
    if (line.endpoints === undefined) return [];
    const { Template = [], ...columns } = numbersOf(line.endpoints);
    for (const [name, { length }] of Object.entries(columns)) {
      if (length !== Template.length) throw new Error(`The column ${name} is of another length`);
    }
    return Template.map((number, row): PortEndpoint => {
      const remote = columns.RemoteAddress?.[row];
      const RemoteAddress = remote === -1 ? null : numbered(addresses, remote);
      return {
        ...(numbered(templates, number) as PortEndpoint),
        LocalAddress: numbered(addresses, columns.LocalAddress?.[row]),
        LocalPort: columns.LocalPort?.[row] ?? Number.NaN,
        RemoteAddress,
        RemotePort: RemoteAddress === null ? null : (columns.RemotePort?.[row] ?? Number.NaN),
        RemoteHostName: names.get(RemoteAddress ?? '') ?? null,
      };
    });
  });
}
