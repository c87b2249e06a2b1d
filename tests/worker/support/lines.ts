// The lines of an answer (docs/protocol.md), and the endpoints that PowerShell makes of them.

interface Columns {
  readonly Template: readonly number[];
  readonly [column: string]: readonly unknown[];
}

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

/** A template, and what differs. */
export function endpointsOf(lines: readonly Line[]): PortEndpoint[] {
  const templates: object[] = [];
  return lines.flatMap((line) => {
    templates.push(...(line.templates ?? []));
    if (line.endpoints === undefined) return [];
    const { Template, ...columns } = line.endpoints;
    for (const [name, values] of Object.entries(columns)) {
      if (values.length !== Template.length)
        throw new Error(`The column ${name} is of another length`);
    }
    return Template.map((number, row) => {
      if (templates[number] === undefined) throw new Error(`There is no template ${number} yet`);
      const own = Object.entries(columns).map(([name, values]) => [name, values[row]]);
      return { ...templates[number], ...Object.fromEntries(own) };
    });
  });
}
