// The compiled BPF objects and the reading of them: the layouts that both sides share, the answers
// about the running kernel, and bytes that lie.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Btf, Kind } from '../../native/linux/bpf/btf.ts';
import { type BpfObject, parseObject } from '../../native/linux/bpf/compiled-object.ts';
import { BpfUnavailable, MalformedObject } from '../../native/linux/bpf/error.ts';
import {
  eventOffsets,
  pathSize,
  processEventOffsets,
  socketEventOffsets,
} from '../../native/linux/bpf/event-record.ts';
import events from '../../native/linux/bpf/events.bpf.o';
import { Question } from '../../native/linux/bpf/field.ts';
import { fileProgressOffsets } from '../../native/linux/bpf/file-walk.ts';
import files from '../../native/linux/bpf/files.bpf.o';
import hashes from '../../native/linux/bpf/hashes.bpf.o';
import { askKernel } from '../../native/linux/bpf/kernel-types.ts';
import { portProgressOffsets } from '../../native/linux/bpf/port-hashes.ts';
import { portOffsets, portRecordSize } from '../../native/linux/bpf/port-record.ts';
import ports from '../../native/linux/bpf/ports.bpf.o';
import { processOffsets, processRecordSize } from '../../native/linux/bpf/process-lookup.ts';
import processes from '../../native/linux/bpf/processes.bpf.o';
import { offsets, recordSize } from '../../native/linux/bpf/socket-record.ts';
import table from '../../native/linux/bpf/table.bpf.o';

const folder = join(process.env.PORTREPORTER_ROOT ?? '.', 'native/linux/bpf');
const kernelFile = '/sys/kernel/btf/vmlinux';
const noKernelTypes = existsSync(kernelFile) ? false : `there is no ${kernelFile}`;

/** The members of a struct with their byte offsets; a nested struct's count as its own. */
function layout({ types }: BpfObject, name: string): Record<string, number> {
  const [id] = types.find(new Set([name])).get(name) ?? [];
  assert.ok(id !== undefined, `struct ${name} is in the object`);
  return Object.fromEntries(flatten(types, id, 0));
}

function flatten(types: Btf, id: number, from: number): [string, number][] {
  return types.members(id).flatMap(({ name, type, bitOffset }): [string, number][] => {
    const offset = from + bitOffset / 8;
    const inner = types.resolve(type);
    if (types.kind(inner) === Kind.Struct) return flatten(types, inner, offset);
    const camelCase = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return name === 'unused' ? [] : [[camelCase, offset]];
  });
}

function sizeOf({ types }: BpfObject, name: string): number {
  return types.size(types.find(new Set([name])).get(name)?.[0] ?? 0);
}

test('the table records are laid out as they are read', () => {
  const object = parseObject(table);
  const { ipv6Only, ...rest } = offsets;
  assert.deepEqual(layout(object, 'socket_record'), { ...rest, ipv6Only });
  assert.equal(sizeOf(object, 'socket_record'), recordSize);
});

test('the port records are laid out as they are read', () => {
  const object = parseObject(ports);
  assert.deepEqual(layout(object, 'port_record'), portOffsets);
  assert.equal(sizeOf(object, 'port_record'), portRecordSize);
});

test('what our own walks say of themselves is laid out as it is read', () => {
  const [files_, hashes_] = [parseObject(files), parseObject(hashes)];
  assert.deepEqual(layout(files_, 'file_progress'), fileProgressOffsets);
  assert.deepEqual(layout(files_, 'socket_record'), layout(parseObject(table), 'socket_record'));
  assert.deepEqual(layout(hashes_, 'progress'), portProgressOffsets);
  assert.deepEqual(layout(hashes_, 'port_record'), portOffsets);
});

test('the records of processes are laid out as they are read', () => {
  const object = parseObject(processes);
  assert.deepEqual(layout(object, 'process_record'), processOffsets);
  assert.equal(sizeOf(object, 'process_record'), processRecordSize);
});

test('calls of the functions of the kernel are found', () => {
  const calls = [files, hashes].map((bytes) => {
    const [program] = parseObject(bytes).programs;
    return new Set(program?.calls.map(({ name }) => name));
  });
  const loop = ['bpf_iter_num_new', 'bpf_iter_num_next', 'bpf_iter_num_destroy'];
  assert.deepEqual(calls, Array(2).fill(new Set([...loop, 'bpf_rdonly_cast'])));
});

test('the event records are laid out as they are read', () => {
  const object = parseObject(events);
  const { path, ...withoutPath } = processEventOffsets;
  assert.deepEqual(layout(object, 'socket_event'), { ...eventOffsets, ...socketEventOffsets });
  assert.deepEqual(layout(object, 'execute_event'), { ...eventOffsets, ...withoutPath, path });
  assert.deepEqual(layout(object, 'fork_event'), {
    ...eventOffsets,
    parent: processEventOffsets.parent,
  });
  assert.equal(sizeOf(object, 'execute_event'), path + pathSize);
});

const noCompiler = spawnSync('clang-14', ['--version']).error
  ? 'clang-14 is not installed'
  : spawnSync('llvm-strip-14', ['--version']).error
    ? 'llvm-strip-14 is not installed'
    : false;

test('the committed objects are what their sources compile to', { skip: noCompiler }, () => {
  const output = mkdtempSync(join(tmpdir(), 'portreporter-bpf-'));
  const { status } = spawnSync(process.execPath, [join(folder, 'compile.mjs'), output], {
    stdio: 'inherit',
  });
  const compiled = readdirSync(output).map((name) => [name, readFileSync(join(output, name))]);
  rmSync(output, { recursive: true });
  assert.equal(status, 0);
  assert.ok(compiled.length >= 3);
  for (const [name, bytes] of compiled) {
    const committed = readFileSync(join(folder, String(name)));
    assert.ok(committed.equals(bytes as Buffer), `${name} is out of date: run \`npm run bpf\``);
  }
});

test('programs, maps and constants are found', () => {
  const { programs, maps, constantPlaces } = parseObject(events);
  assert.equal(programs.length, 11);
  assert.ok(programs.every((program) => program.instructions.length > 0));
  assert.deepEqual(
    maps.map(({ name, type, keySize, valueSize }) => [name, type, keySize, valueSize]),
    [
      ['ring', 27, 0, 0],
      ['lost', 2, 4, 8],
      ['told_here', 6, 4, 40],
      ['nested', 2, 4, 8],
      ['unsettled', 9, 8, 1],
    ],
  );
  assert.deepEqual([...constantPlaces.keys()], ['reader_pid_namespace']);
});

const askOne = (question: number, path: (string | number)[], size: number, structure = 'sock') =>
  askKernel({
    fields: [{ question, structure, path, size, composite: false }],
    names: [],
  }).fields[0];

test('asks the running kernel about its members', { skip: noKernelTypes }, () => {
  const family = askOne(Question.ByteOffset, ['__sk_common', 'skc_family'], 2);
  assert.ok(family !== undefined && 'value' in family && family.value === 16);
  // skc_num lies in an anonymous struct in an anonymous union
  const num = askOne(Question.ByteOffset, ['__sk_common', 'skc_num'], 2);
  assert.ok(num !== undefined && 'value' in num && num.value === 14);
  assert.deepEqual(askOne(Question.ByteSize, ['sk_protocol'], 2), { value: 2 });
  assert.deepEqual(askOne(Question.Exists, ['sk_protocol'], 2), { value: 1 });
  assert.deepEqual(askOne(Question.Exists, ['sk_nonsense'], 2), { value: 0 });
});

test('says what the running kernel lacks', { skip: noKernelTypes }, () => {
  assert.deepEqual(askOne(Question.ByteOffset, ['sk_nonsense'], 2), {
    missing: 'it has no sock.sk_nonsense',
  });
  assert.deepEqual(askOne(Question.ByteOffset, ['sk_protocol'], 4), {
    missing: 'its sock.sk_protocol is 2 bytes long, not 4',
  });
  assert.deepEqual(askOne(Question.ByteOffset, ['sk_protocol', 3], 1), {
    missing: 'it has no sock.sk_protocol[3]',
  });
  assert.deepEqual(askOne(Question.ByteOffset, ['member'], 1, 'nonsense'), {
    missing: 'it has no struct nonsense',
  });
});

test('finds what to attach to', { skip: noKernelTypes }, () => {
  const { ids } = askKernel({ fields: [], names: ['bpf_iter_task_file', 'btf_trace_nonsense'] });
  assert.ok((ids[0] ?? 0) > 0);
  assert.equal(ids[1], null);
});

test('a kernel without type information, or with damaged', () => {
  const lookIn = (file: string) => () => askKernel({ fields: [], names: ['a'] }, file);
  assert.throws(lookIn('/nowhere'), (error) => {
    assert.ok(error instanceof BpfUnavailable);
    assert.match(error.reason, /offers no type information.*ENOENT/);
    return true;
  });
  const folder = mkdtempSync(join(tmpdir(), 'portreporter-bpf-'));
  const file = join(folder, 'vmlinux');
  writeFileSync(file, 'not at all');
  assert.throws(lookIn(file), { name: 'BpfUnavailable', message: /is not BTF/ });
  rmSync(folder, { recursive: true });
});

/** Reading must succeed, or fail with the one clear error. */
function assertReadable(bytes: Uint8Array, how: string): boolean {
  try {
    parseObject(bytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof MalformedObject, `${how}: ${error}`);
    assert.match(error.message, /^The BPF object.* is damaged: /);
    return false;
  }
}

test('an object that is cut off is refused', () => {
  for (let length = 0; length < events.length; length += 101) {
    const readable = assertReadable(events.slice(0, length), `${length} bytes`);
    assert.equal(readable, false);
  }
});

test('bytes that lie give one clear error', () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return seed % below;
  };
  let refused = 0;
  for (const original of [table, ports, events]) {
    for (let round = 0; round < 600; round++) {
      const bytes = original.slice();
      const view = new DataView(bytes.buffer);
      const lies = [0, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, bytes.length, random(1 << 30)];
      const at = random(bytes.length - 4);
      view.setUint32(at, lies[random(lies.length)] ?? 0, true);
      if (!assertReadable(bytes, `${view.getUint32(at, true)} at ${at}`)) refused++;
    }
  }
  assert.ok(refused > 100, `${refused} of 1800 lies were found out`);
});

test('damaged type information gives one clear error', () => {
  const types = (words: number[], strings: string) => {
    const text = Buffer.from(strings, 'latin1');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0x0001_eb9f, 0);
    header.writeUInt32LE(24, 4);
    header.writeUInt32LE(words.length * 4, 12);
    header.writeUInt32LE(words.length * 4, 16);
    header.writeUInt32LE(text.length, 20);
    return Buffer.concat([header, Buffer.from(Uint32Array.from(words).buffer), text]);
  };
  const read = (words: number[], strings = '\0') => new Btf(types(words, strings), 'It');
  const kind = (number: number, members = 0) => (number << 24) | members;
  assert.throws(() => read([0, kind(31), 0]), {
    message: 'It is damaged: type 1 is of an unknown kind',
  });
  assert.throws(() => read([0, kind(Kind.Struct, 9), 0]), /its last type is cut off/);
  assert.throws(() => read([0, kind(Kind.Typedef), 1]).resolve(1), /type 1 refers to itself/);
  assert.throws(() => read([0, kind(Kind.Typedef), 7]).resolve(1), /there is no type 7/);
  assert.throws(() => read([0, kind(Kind.Array), 0, 1, 1, 9]).size(1), /type 1 contains itself/);
  assert.throws(() => read([5, kind(Kind.Typedef), 0]).name(1), /reach beyond its 1 bytes/);
  assert.throws(() => read([0, kind(Kind.Typedef), 0], 'a').name(1), /the text at 0 has no end/);
  assert.equal(read([1, kind(Kind.Pointer), 0], '\0name\0').name(1), 'name');
});
