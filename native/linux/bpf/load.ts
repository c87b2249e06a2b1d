// Brings a compiled object to life: makes its maps, sets its constants, loads its programs one by
// one. Only the descriptors hold all this: what is closed, or belonged to a process that died, is
// gone from the kernel.

import { closeSync, statSync } from 'node:fs';
import { SystemCallError } from '../libc.ts';
import type { BpfObject, MapSource, ProgramSource } from './compiled-object.ts';
import { constantsMap, parseObject } from './compiled-object.ts';
import { BpfUnavailable } from './error.ts';
import { loadProgram, prepare, whyForbidden } from './program.ts';
import { MappedMemory } from './ring-buffer.ts';
import { BpfAttributes, bpf, Command } from './system-call.ts';

const BPF_MAP_TYPE_ARRAY = 2;
const BPF_F_RDONLY_PROG = 1 << 7;

export interface LoadOptions {
  /** Values for the program's `const volatile` variables. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Sizes for maps in the place of those written in the source. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Descriptors of maps that another object made and closes. */
  readonly maps?: ReadonlyMap<string, number>;
}

const parsedObjects = new WeakMap<Uint8Array, BpfObject>();

/** Each object is taken apart once. */
export function parsed(bytes: Uint8Array): BpfObject {
  const object = parsedObjects.get(bytes) ?? parseObject(bytes);
  parsedObjects.set(bytes, object);
  return object;
}

export class LoadedObject {
  readonly object: BpfObject;
  readonly #maps = new Map<string, number>();
  readonly #ownMaps: number[] = [];
  readonly #programs: number[] = [];
  readonly #memories: MappedMemory[] = [];

  constructor(bytes: Uint8Array, options: LoadOptions = {}) {
    this.object = parsed(bytes);
    prepare(this.object.programs);
    try {
      for (const map of this.object.maps) {
        const maxEntries = options.maxEntries?.[map.name] ?? map.maxEntries;
        const given = options.maps?.get(map.name);
        this.#maps.set(map.name, given ?? this.#createMap({ ...map, maxEntries }));
      }
      this.#setConstants(options.constants ?? {});
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The descriptor of a map. */
  map(name: string): number {
    const descriptor = this.#maps.get(name);
    if (descriptor === undefined) throw new RangeError(`The object has no map ${name}`);
    return descriptor;
  }

  /** The memory of a map of fixed size (BPF_F_MMAPABLE), shared with the kernel until close(). */
  memory(name: string, size: number): ArrayBuffer {
    const memory = new MappedMemory(this.map(name), 0, size, true);
    this.#memories.push(memory);
    return memory.bytes;
  }

  /** Loads a program; its descriptor stays open until close(). */
  load(program: ProgramSource): number {
    const descriptor = loadProgram(program, this.#maps);
    this.#programs.push(descriptor);
    return descriptor;
  }

  /** Likewise, of an object that holds one program. */
  loadOnly(): number {
    const [program, second] = this.object.programs;
    if (program === undefined || second !== undefined) {
      throw new RangeError(`The object holds ${this.object.programs.length} programs, not one`);
    }
    return this.load(program);
  }

  close(): void {
    for (const memory of this.#memories.splice(0)) memory.unmap();
    for (const descriptor of [...this.#programs.splice(0), ...this.#ownMaps.splice(0)]) {
      closeSync(descriptor);
    }
    this.#maps.clear();
  }

  #createMap(map: MapSource): number {
    const descriptor = createMap(map);
    this.#ownMaps.push(descriptor);
    return descriptor;
  }

  /** Constants are a frozen map of one value: the verifier then knows them and drops what is dead. */
  #setConstants(constants: Readonly<Record<string, number>>): void {
    if (this.object.constants.length === 0) return;
    const value = Buffer.from(this.object.constants);
    for (const [name, number] of Object.entries(constants)) {
      const place = this.object.constantPlaces.get(name);
      if (place === undefined) throw new RangeError(`The object has no constant ${name}`);
      value.writeUIntLE(number, place.offset, Math.min(place.size, 6));
    }
    const descriptor = this.#createMap({
      name: 'constants',
      type: BPF_MAP_TYPE_ARRAY,
      keySize: 4,
      valueSize: value.length,
      maxEntries: 1,
      flags: BPF_F_RDONLY_PROG,
    });
    this.#maps.set(constantsMap, descriptor);
    updateMap(descriptor, Buffer.alloc(4), value);
    bpf(Command.MapFreeze, new BpfAttributes(4).u32(0, descriptor));
  }
}

/** Offsets in union bpf_attr for BPF_MAP_CREATE, include/uapi/linux/bpf.h. */
export function createMap(map: MapSource): number {
  const attributes = new BpfAttributes(72)
    .u32(0, map.type)
    .u32(4, map.keySize)
    .u32(8, map.valueSize)
    .u32(12, map.maxEntries)
    .u32(16, map.flags)
    .text(28, map.name, 16);
  try {
    return bpf(Command.MapCreate, attributes);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.code === 'EPERM') throw new BpfUnavailable(whyForbidden(), error);
    throw new BpfUnavailable(`the kernel refuses the map ${map.name}: ${error.code}`, error);
  }
}

/** For BPF_MAP_UPDATE_ELEM. */
export function updateMap(descriptor: number, key: Uint8Array, value: Uint8Array): void {
  const attributes = new BpfAttributes(32).u32(0, descriptor).pointer(8, key).pointer(16, value);
  bpf(Command.MapUpdate, attributes);
}

/** For BPF_MAP_DELETE_ELEM; a key that is not there is as good as deleted. */
export function deleteFromMap(descriptor: number, key: Uint8Array): void {
  try {
    bpf(Command.MapDelete, new BpfAttributes(32).u32(0, descriptor).pointer(8, key));
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'ENOENT')) throw error;
  }
}

/** The inode number of our own pid namespace, in which programs report pids. */
export function ownPidNamespace(): number {
  return statSync('/proc/self/ns/pid').ino;
}
