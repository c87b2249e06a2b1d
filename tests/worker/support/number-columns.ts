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

/** The columns by their names. */
export function numbersOf(columns: TextColumns): Map<string, Numbers> {
  return new Map(
    Object.entries(columns).map(([name, text]) => {
      const { buffer } = new Uint8Array(Buffer.from(text, 'base64'));
      return [name, (kinds.get(name) ?? short)(buffer)];
    }),
  );
}

/** What each record has of its own, under PowerShell's names. */
interface OwnRow {
  /** Microseconds since 1970. */
  readonly Time: number;
  readonly LocalAddress: string | null;
  readonly LocalPort: number | null;
  readonly RemoteAddress: string | null;
  readonly RemotePort: number | null;
  /** Changes have none. */
  readonly LineNumber?: number;
}

/** A line of an answer, without its columns. */
export interface NumberLine {
  readonly restart?: boolean;
  readonly templates?: readonly object[];
  readonly addresses?: readonly string[];
}

/** Makes whole rows of the lines of one answer, as the module does it: a template, and what differs. */
export class RowDecoder {
  #templates: object[] = [];
  #addresses: string[] = [];

  decode(line: NumberLine, columns: ReadonlyMap<string, ArrayLike<number>>): (object & OwnRow)[] {
    if (line.restart) [this.#templates, this.#addresses] = [[], []];
    this.#templates.push(...(line.templates ?? []));
    this.#addresses.push(...(line.addresses ?? []));
    const { length } = columns.get('Template') ?? [];
    return Array.from({ length }, (_, row) => this.#row((name) => columns.get(name)?.[row]));
  }

  #row(at: (name: string) => number | undefined): object & OwnRow {
    const number = at('Template') ?? Number.NaN;
    const template = this.#templates[number];
    if (template === undefined) throw new Error(`There is no template ${number} yet`);
    const RemoteAddress = this.#address(at('RemoteAddress'));
    const line = at('LineNumber');
    return {
      ...template,
      Time: at('Time') ?? Number.NaN,
      LocalAddress: this.#address(at('LocalAddress')),
      LocalPort: at('LocalPort') || null,
      RemoteAddress,
      RemotePort: RemoteAddress === null ? null : (at('RemotePort') ?? Number.NaN),
      ...(line === undefined ? {} : { LineNumber: line }),
    };
  }

  #address(number = Number.NaN): string | null {
    if (number < 0) return null;
    const address = this.#addresses[number];
    if (address === undefined) throw new Error(`There is no address ${number} yet`);
    return address;
  }
}
