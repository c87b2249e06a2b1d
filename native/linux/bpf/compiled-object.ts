// Takes a compiled BPF object apart: its programs with all that has to be filled in before the
// kernel takes them, its maps, and its constants. One section holds one program; the section's name
// says where the program belongs.

import { Btf, Kind } from './btf.ts';
import { Bytes } from './bytes.ts';
import type { ElfObject, ElfSymbol, Relocation, Section } from './elf.ts';
import { parseElf } from './elf.ts';
import type { FieldQuestion } from './field.ts';
import { questionOf } from './field.ts';

/** An instruction that has to name a map: by its descriptor, or a constant's place in .rodata. */
export interface MapReference {
  readonly offset: number;
  readonly map: string;
  /** Where in the map's only value, or null for the map itself. */
  readonly place: number | null;
}

export interface FieldReference {
  readonly offset: number;
  readonly asked: FieldQuestion;
}

/** A call of one of the kernel's own functions (a kfunc), by its name. */
export interface CallReference {
  readonly offset: number;
  readonly name: string;
}

export interface ProgramSource {
  readonly name: string;
  /** Where it attaches: `iter/task_file`, `tp_btf/sched_process_exec`, …;
   * `raw_tp/…` and `syscall` nowhere: they run when they are called. */
  readonly section: string;
  readonly instructions: Uint8Array;
  readonly maps: readonly MapReference[];
  readonly fields: readonly FieldReference[];
  readonly calls: readonly CallReference[];
}

export interface MapSource {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

export interface BpfObject {
  readonly programs: readonly ProgramSource[];
  readonly maps: readonly MapSource[];
  readonly constants: Uint8Array;
  /** Where in `constants` each one lies. */
  readonly constantPlaces: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
  readonly types: Btf;
}

export const constantsMap = '.rodata';

const SHT_PROGBITS = 1;
const SHN_UNDEF = 0;
const attachable = /^((iter|tp_btf|cgroup|raw_tp)\/|syscall$)/;

export function parseObject(data: Uint8Array, what = 'The BPF object'): BpfObject {
  const elf = parseElf(data, what);
  const types = new Btf(required(elf, '.BTF', what).bytes, `${what}'s type information`);
  const fields = readFieldReferences(new Bytes(what, required(elf, '.BTF.ext', what).bytes), types);
  const constants = elf.section(constantsMap);
  const programs = elf.sections.filter(
    (section) => section.type === SHT_PROGBITS && attachable.test(section.name),
  );
  return {
    programs: programs.map((section) => readProgram(elf, section, fields, what)),
    maps: readMaps(types),
    constants: constants?.bytes ?? new Uint8Array(0),
    constantPlaces: new Map(
      symbolsIn(elf, constants).map(({ name, value, size }) => [name, { offset: value, size }]),
    ),
    types,
  };
}

function required(elf: ElfObject, name: string, what: string): Section {
  const section = elf.section(name);
  if (section === undefined)
    throw new Bytes(what, new Uint8Array(0)).malformed(`it has no ${name}`);
  return section;
}

function symbolsIn(elf: ElfObject, section: Section | undefined): ElfSymbol[] {
  if (section === undefined) return [];
  const index = elf.sections.indexOf(section);
  return elf.symbols.filter(
    ({ section: home, value, size }) =>
      home === index && size > 0 && value + size <= section.bytes.length,
  );
}

function readProgram(
  elf: ElfObject,
  section: Section,
  fields: ReadonlyMap<string, FieldReference[]>,
  what: string,
): ProgramSource {
  const code = new Bytes(what, section.bytes);
  const [symbol] = symbolsIn(elf, section);
  if (symbol === undefined || code.length % 8 !== 0) {
    throw code.malformed(`${section.name} is not one program`);
  }
  const relocations = elf.relocationsOf(section);
  if (!relocations.every(({ offset }) => isInstruction(code, offset))) {
    throw code.malformed('a relocation changes no instruction');
  }
  const isCall = ({ symbol: target }: Relocation): boolean => target.section === SHN_UNDEF;
  const inside = relocations.filter((relocation) => !isCall(relocation));
  const maps = inside.map(({ offset, symbol: target }): MapReference => {
    const home = elf.sections[target.section]?.name;
    const immediate = code.u32(offset + 4);
    if (home === '.maps') return { offset, map: target.name, place: null };
    if (home === constantsMap)
      return { offset, map: constantsMap, place: target.value + immediate };
    throw code.malformed(`${section.name} refers to ${target.name}, which is no map or constant`);
  });
  const asked = fields.get(section.name) ?? [];
  if (!asked.every(({ offset }) => isInstruction(code, offset))) {
    throw code.malformed('it asks about a member where there is no instruction');
  }
  return {
    name: symbol.name,
    section: section.name,
    instructions: section.bytes,
    maps,
    fields: asked,
    calls: relocations.filter(isCall).map(({ offset, symbol: { name } }) => ({ offset, name })),
  };
}

const BPF_LOAD_64 = 0x18; // the one instruction of 16 bytes, include/uapi/linux/bpf.h

function isInstruction(code: Bytes, offset: number): boolean {
  if (offset % 8 !== 0 || offset + 8 > code.length) return false;
  return code.u8(offset) !== BPF_LOAD_64 || offset + 16 <= code.length;
}

/** struct btf_ext_header, then for each section its bpf_core_relo records (libbpf's btf.h). */
function readFieldReferences(bytes: Bytes, types: Btf): Map<string, FieldReference[]> {
  const references = new Map<string, FieldReference[]>();
  const header = bytes.u32(4);
  if (header < 32) return references; // written before such records existed
  let at = header + bytes.u32(24);
  const end = at + bytes.u32(28);
  const recordSize = bytes.u32(at);
  if (recordSize < 16) throw bytes.malformed('its field records are too short');
  at += 4;
  while (at < end) {
    const count = bytes.u32(at + 4);
    const records = Array.from({ length: boundedCount(bytes, count) }, (_, index) =>
      readFieldReference(bytes, types, at + 8 + index * recordSize),
    );
    references.set(types.string(bytes.u32(at)), records);
    at += 8 + count * recordSize;
  }
  return references;
}

/** Refuses a count that could not fit, before anything is allocated for it. */
function boundedCount(bytes: Bytes, count: number): number {
  if (count * 16 > bytes.length) throw bytes.malformed(`it can't hold ${count} field records`);
  return count;
}

function readFieldReference(bytes: Bytes, types: Btf, at: number): FieldReference {
  const access = types.string(bytes.u32(at + 8));
  try {
    return {
      offset: bytes.u32(at),
      asked: questionOf(types, bytes.u32(at + 12), bytes.u32(at + 4), access),
    };
  } catch (error) {
    throw error instanceof RangeError ? bytes.malformed(error.message) : error;
  }
}

/** A map is a variable in .maps whose members' types spell its attributes: a number n as a pointer
 * to an array of n, a key or value as a pointer to its type (libbpf's bpf_helpers.h, __uint). */
function readMaps(types: Btf): MapSource[] {
  const section = types.find(new Set(['.maps'])).get('.maps')?.[0];
  if (section === undefined || types.kind(section) !== Kind.DataSection) return [];
  return types.variables(section).map((variable) => {
    const attributes = new Map(
      types.members(types.resolve(types.target(variable))).map(({ name, type }) => {
        const target = types.resolve(types.target(types.resolve(type)));
        return [name, target];
      }),
    );
    const number = (name: string) => {
      const type = attributes.get(name);
      return type === undefined ? 0 : types.arrayLength(type);
    };
    const size = (name: string) => {
      const type = attributes.get(name);
      return type === undefined ? 0 : types.size(type);
    };
    return {
      name: types.name(variable),
      type: number('type'),
      keySize: size('key'),
      valueSize: size('value'),
      maxEntries: number('max_entries'),
      flags: number('map_flags'),
    };
  });
}
