// Reads BTF, the kernel's compact type information (Documentation/bpf/btf.rst): of our own compiled
// objects, and of the running kernel, which has 150,000 types in 6 MB. So nothing is decoded before
// it is asked for: one walk notes where each type begins.

import { Bytes } from './bytes.ts';

/** BTF_KIND_* of include/uapi/linux/btf.h. */
export const Kind = {
  Int: 1,
  Pointer: 2,
  Array: 3,
  Struct: 4,
  Union: 5,
  Enum: 6,
  Typedef: 8,
  Volatile: 9,
  Const: 10,
  Restrict: 11,
  Function: 12,
  FunctionPrototype: 13,
  Variable: 14,
  DataSection: 15,
  TypeTag: 18,
  Enum64: 19,
} as const;

/** Words that follow the three of every type: [fixed, for each of its members]; missing: none. */
const trailing: readonly (readonly [number, number])[] = [
  [0, 0], // void
  [1, 0], // int
  [0, 0], // pointer
  [3, 0], // array
  [0, 3], // struct
  [0, 3], // union
  [0, 2], // enum
  [0, 0], // forward declaration
  [0, 0], // typedef
  [0, 0], // volatile
  [0, 0], // const
  [0, 0], // restrict
  [0, 0], // function
  [0, 2], // function prototype
  [1, 0], // variable
  [0, 3], // data section
  [0, 0], // float
  [1, 0], // declaration tag
  [0, 0], // type tag
  [0, 3], // enum64
];

const transparent = new Set<number>([
  Kind.Typedef,
  Kind.Volatile,
  Kind.Const,
  Kind.Restrict,
  Kind.TypeTag,
]);

export interface Member {
  readonly name: string;
  readonly type: number;
  readonly bitOffset: number;
  /** 0 where it is not a bit field. */
  readonly bitSize: number;
}

export class Btf {
  readonly #words: Uint32Array;
  readonly #strings: Bytes;
  /** Where each type begins in #words; type 0 is void. */
  readonly #starts: Uint32Array;
  readonly #members = new Map<number, readonly Member[]>();

  constructor(data: Uint8Array, what: string) {
    const file = new Bytes(what, data);
    if (file.length < 24 || file.u16(0) !== 0xeb9f) throw file.malformed('it is not BTF');
    const header = file.u32(4);
    const types = file.slice(header + file.u32(8), file.u32(12));
    this.#words = wordsOf(types);
    this.#strings = new Bytes(what, file.slice(header + file.u32(16), file.u32(20)));
    this.#starts = this.#walk();
  }

  /** The number of types, void included. */
  get length(): number {
    return this.#starts.length;
  }

  kind(id: number): number {
    return (this.#word(id, 1) >>> 24) & 31;
  }

  name(id: number): string {
    return this.#strings.text(this.#word(id, 0));
  }

  /** The string that starts at this byte of the string section. */
  string(offset: number): string {
    return this.#strings.text(offset);
  }

  /** The type that a pointer, typedef, variable or qualifier refers to. */
  target(id: number): number {
    return this.#word(id, 2);
  }

  arrayElement(id: number): number {
    return this.#word(id, 3);
  }

  arrayLength(id: number): number {
    return this.#word(id, 5);
  }

  /** The type itself, behind typedefs and qualifiers. */
  resolve(id: number): number {
    let type = id;
    for (let depth = 0; transparent.has(this.kind(type)); depth++) {
      if (depth > 32) throw this.#malformed(`type ${id} refers to itself`);
      type = this.target(type);
    }
    return type;
  }

  /** In bytes. */
  size(id: number, depth = 0): number {
    const type = this.resolve(id);
    if (depth > 32) throw this.#malformed(`type ${id} contains itself`);
    const kind = this.kind(type);
    if (kind === Kind.Pointer) return 8;
    if (kind === Kind.Array) {
      return this.arrayLength(type) * this.size(this.arrayElement(type), depth + 1);
    }
    return this.#word(type, 2);
  }

  isComposite(id: number): boolean {
    const kind = this.kind(id);
    return kind === Kind.Struct || kind === Kind.Union;
  }

  /** The members of a struct or union, in order. */
  members(id: number): readonly Member[] {
    let members = this.#members.get(id);
    if (members === undefined) {
      members = this.#readMembers(id);
      this.#members.set(id, members);
    }
    return members;
  }

  #readMembers(id: number): Member[] {
    const info = this.#word(id, 1);
    const holdsBitFields = info >>> 31 === 1;
    return Array.from({ length: info & 0xffff }, (_, index) => {
      const offset = this.#word(id, 5 + index * 3);
      return {
        name: this.#strings.text(this.#word(id, 3 + index * 3)),
        type: this.#word(id, 4 + index * 3),
        bitOffset: holdsBitFields ? offset & 0xffffff : offset,
        bitSize: holdsBitFields ? offset >>> 24 : 0,
      };
    });
  }

  /** The variables of a data section. */
  variables(id: number): number[] {
    const count = this.#word(id, 1) & 0xffff;
    return Array.from({ length: count }, (_, index) => this.#word(id, 3 + index * 3));
  }

  /** The ids of all types with one of these names, in one walk. */
  find(names: ReadonlySet<string>): Map<string, number[]> {
    const found = new Map([...names].map((name): [string, number[]] => [name, []]));
    const beginnings = new Set(
      [...names].map((name) => beginning(Buffer.from(`${name}\0\0\0`), 0)),
    );
    const strings = this.#strings.data;
    for (let id = 1; id < this.#starts.length; id++) {
      const name = this.#words[this.#starts[id] ?? 0] ?? 0;
      if (beginnings.has(beginning(strings, name))) found.get(this.name(id))?.push(id);
    }
    return found;
  }

  #walk(): Uint32Array {
    const words = this.#words;
    const starts = new Uint32Array(Math.floor(words.length / 3) + 1);
    let count = 1;
    let at = 0;
    while (at + 3 <= words.length) {
      const info = words[at + 1] ?? 0;
      const more = trailing[(info >>> 24) & 31];
      if (more === undefined) throw this.#malformed(`type ${count} is of an unknown kind`);
      starts[count++] = at;
      at += 3 + more[0] + more[1] * (info & 0xffff);
    }
    if (at !== words.length) throw this.#malformed('its last type is cut off');
    return starts.subarray(0, count);
  }

  #word(id: number, index: number): number {
    const start = id === 0 ? undefined : this.#starts[id];
    if (start === undefined) {
      if (id === 0) return 0;
      throw this.#malformed(`there is no type ${id}`);
    }
    const word = this.#words[start + index];
    if (word === undefined) throw this.#malformed(`type ${id} is cut off`);
    return word;
  }

  #malformed(contradiction: string): Error {
    return this.#strings.malformed(contradiction);
  }
}

/** Where they lie where words may, they are not copied: fresh memory is most of what a reading costs. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(buffer, byteOffset, length >>> 2);
}

/** The first three letters as a number: told apart by these, few of 100,000 names need decoding. */
function beginning(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}
