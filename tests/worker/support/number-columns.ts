// The columns of records and changes as the conversation sends them (docs/protocol.md): numbers as
// they lie in memory, in base64.

type Numbers = Float64Array | Uint16Array | Int16Array | Int32Array;

const kinds = new Map<string, (bytes: ArrayBuffer) => Numbers>([
  ['Time', (bytes) => new Float64Array(bytes)],
  ['LocalPort', (bytes) => new Uint16Array(bytes)],
  ['RemotePort', (bytes) => new Uint16Array(bytes)],
  ['LineNumber', (bytes) => new Int32Array(bytes)],
]);
const short = (bytes: ArrayBuffer): Numbers => new Int16Array(bytes);

export type TextColumns = Readonly<Record<string, string>>;

/** The ends of a change, and the number of its template. */
export interface NumberRow {
  readonly Template: number;
  /** Microseconds since 1970. */
  readonly Time: number;
  readonly LocalAddress: string | null;
  readonly LocalPort: number | null;
  readonly RemoteAddress: string | null;
  readonly RemotePort: number | null;
}

/** The columns by their names. */
export function numbersOf(columns: TextColumns): Map<string, Numbers> {
  return new Map(
    Object.entries(columns).map(([name, text]) => {
      const { buffer } = new Uint8Array(Buffer.from(text, 'base64'));
      return [name, (kinds.get(name) ?? short)(buffer)];
    }),
  );
}

export function numberRows(columns: TextColumns, addresses: readonly string[]): NumberRow[] {
  const numbers = numbersOf(columns);
  const at = (name: string, row: number): number => numbers.get(name)?.[row] ?? Number.NaN;
  const addressAt = (name: string, row: number): string | null => {
    const number = at(name, row);
    if (number < 0) return null;
    const address = addresses[number];
    if (address === undefined) throw new Error(`There is no address ${number} yet`);
    return address;
  };
  return Array.from({ length: numbers.get('Template')?.length ?? 0 }, (_, row) => {
    const RemoteAddress = addressAt('RemoteAddress', row);
    return {
      Template: at('Template', row),
      Time: at('Time', row),
      LocalAddress: addressAt('LocalAddress', row),
      LocalPort: at('LocalPort', row) || null,
      RemoteAddress,
      RemotePort: RemoteAddress === null ? null : at('RemotePort', row),
    };
  });
}
