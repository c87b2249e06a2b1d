// The columns of records and changes as the conversation sends them (docs/protocol.md): numbers as
// they lie in memory, in base64, or one number for all.

type Numbers = Uint32Array | Uint16Array | Int16Array;

const kinds = new Map<string, (bytes: ArrayBuffer) => Numbers>([
  ['Time', (bytes) => new Uint32Array(bytes)],
  ['LocalPort', (bytes) => new Uint16Array(bytes)],
  ['RemotePort', (bytes) => new Uint16Array(bytes)],
  ['LineNumber', (bytes) => new Uint16Array(bytes)],
]);
const short = (bytes: ArrayBuffer): Numbers => new Int16Array(bytes);

export type TextColumns = Readonly<Record<string, string | number>>;
export type NumberColumns = ReadonlyMap<string, ArrayLike<number>>;

const ofText = (name: string, text: string): Numbers => {
  const { buffer } = new Uint8Array(Buffer.from(text, 'base64'));
  return (kinds.get(name) ?? short)(buffer);
};

/** The columns by their names; what is one number for all has that one alone. */
export function numbersOf(
  columns: Readonly<Record<string, string | number | Numbers>>,
): Map<string, Numbers | readonly number[]> {
  return new Map(
    Object.entries(columns).map(([name, each]): [string, Numbers | readonly number[]] => {
      if (typeof each === 'number') return [name, [each]];
      return [name, typeof each === 'string' ? ofText(name, each) : each];
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
  /** One a line. */
  readonly addresses?: string;
}

/** Makes whole rows of the lines of one answer, as the module does it: a template, and what differs. */
export class RowDecoder {
  #templates: object[] = [];
  #addresses: string[] = [];

  decode(line: NumberLine, columns: NumberColumns): (object & OwnRow)[] {
    if (line.restart) [this.#templates, this.#addresses] = [[], []];
    this.#templates.push(...(line.templates ?? []));
    this.#addresses.push(...(line.addresses?.split('\n') ?? []));
    const { length } = columns.get('Template') ?? [];
    return Array.from({ length }, (_, row) =>
      this.#row((name, place = row) => columns.get(name)?.[place]),
    );
  }

  #row(at: (name: string, place?: number) => number | undefined): object & OwnRow {
    const number = at('Template') ?? Number.NaN;
    const template = this.#templates[number];
    if (template === undefined) throw new Error(`There is no template ${number} yet`);
    const RemoteAddress = this.#address(at('RemoteAddress'));
    const line = at('LineBase', 0);
    return {
      ...template,
      Time: (at('TimeBase', 0) ?? Number.NaN) + (at('Time') ?? Number.NaN),
      LocalAddress: this.#address(at('LocalAddress')),
      LocalPort: at('LocalPort') || null,
      RemoteAddress,
      RemotePort: RemoteAddress === null ? null : (at('RemotePort') ?? Number.NaN),
      ...(line === undefined ? {} : { LineNumber: line + (at('LineNumber') ?? Number.NaN) }),
    };
  }

  #address(number = Number.NaN): string | null {
    if (number < 0) return null;
    const address = this.#addresses[number];
    if (address === undefined) throw new Error(`There is no address ${number} yet`);
    return address;
  }
}
