// Reads what a compiled BPF object needs of ELF: sections, symbols and relocations. Layouts:
// elf(5), the 64-bit forms.

import { Bytes } from './bytes.ts';

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly bytes: Uint8Array;
  /** For relocations: the index of the section they apply to. */
  readonly info: number;
}

export interface ElfSymbol {
  readonly name: string;
  /** The index of the section it lies in, and where in it. */
  readonly section: number;
  readonly value: number;
  readonly size: number;
}

export interface Relocation {
  /** The byte in the section that is to be changed. */
  readonly offset: number;
  readonly symbol: ElfSymbol;
}

export interface ElfObject {
  readonly sections: readonly Section[];
  readonly symbols: readonly ElfSymbol[];
  section(name: string): Section | undefined;
  relocationsOf(section: Section): readonly Relocation[];
}

const ELF_MAGIC = 0x464c457f;
const ELFCLASS64_LITTLE_ENDIAN = 0x0102;
const EM_BPF = 247;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHT_REL = 9;
const sectionHeaderSize = 64;
const symbolSize = 24;
const relocationSize = 16;

export function parseElf(data: Uint8Array, what = 'The BPF object'): ElfObject {
  const file = new Bytes(what, data);
  checkHeader(file);
  const sections = readSections(file);
  const symbols = readSymbols(file, sections);
  return {
    sections,
    symbols,
    section: (name) => sections.find((section) => section.name === name),
    relocationsOf: (section) => readRelocations(file, sections, symbols, section),
  };
}

function checkHeader(file: Bytes): void {
  if (file.length < 64 || file.u32(0) !== ELF_MAGIC) throw file.malformed('it is not an ELF file');
  if (file.u16(4) !== ELFCLASS64_LITTLE_ENDIAN || file.u16(18) !== EM_BPF) {
    throw file.malformed('it is not a little-endian 64-bit BPF object');
  }
}

function readSections(file: Bytes): Section[] {
  const table = file.u64(40);
  const count = file.u16(60);
  file.slice(table, count * sectionHeaderSize); // all of it is there
  const headers = Array.from({ length: count }, (_, index) => table + index * sectionHeaderSize);
  const nameHeader = headers[file.u16(62)];
  if (nameHeader === undefined) throw file.malformed('its section names are missing');
  const names = new Bytes(file.what, sectionBytes(file, nameHeader));
  return headers.map((header) => ({
    name: names.text(file.u32(header)),
    type: file.u32(header + 4),
    bytes: sectionBytes(file, header),
    info: file.u32(header + 44),
  }));
}

function sectionBytes(file: Bytes, header: number): Uint8Array {
  if (file.u32(header + 4) === SHT_NOBITS) return new Uint8Array(0);
  return file.slice(file.u64(header + 24), file.u64(header + 32));
}

function readSymbols(file: Bytes, sections: readonly Section[]): ElfSymbol[] {
  const table = sections.find((section) => section.type === SHT_SYMTAB);
  const strings = sections.find((section) => section.name === '.strtab');
  if (table === undefined || strings === undefined) throw file.malformed('it has no symbols');
  const bytes = new Bytes(file.what, table.bytes);
  const names = new Bytes(file.what, strings.bytes);
  return Array.from({ length: Math.floor(bytes.length / symbolSize) }, (_, index) => {
    const at = index * symbolSize;
    return {
      name: names.text(bytes.u32(at)),
      section: bytes.u16(at + 6),
      value: bytes.u64(at + 8),
      size: bytes.u64(at + 16),
    };
  });
}

function readRelocations(
  file: Bytes,
  sections: readonly Section[],
  symbols: readonly ElfSymbol[],
  target: Section,
): Relocation[] {
  const index = sections.indexOf(target);
  const found = sections.filter((section) => section.type === SHT_REL && section.info === index);
  return found.flatMap((section) => {
    const bytes = new Bytes(file.what, section.bytes);
    return Array.from({ length: Math.floor(bytes.length / relocationSize) }, (_, entry) => {
      const at = entry * relocationSize;
      const symbol = symbols[bytes.u32(at + 12)];
      if (symbol === undefined) throw file.malformed('a relocation names no symbol');
      return { offset: bytes.u64(at), symbol };
    });
  });
}
