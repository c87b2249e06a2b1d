// All processes in one call that needs no rights: pid, image name, start. Layout of
// SYSTEM_PROCESS_INFORMATION: winternl.h, with CreateTime inside its Reserved1 as .NET's
// Interop.NtQuerySystemInformation declares it (Get-Process reads the same bytes).

import { type FilledBuffer, fileTimeToMilliseconds } from './bytes.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { bind } from './library.ts';
import { unreadable } from './win32-error.ts';

export interface ListedProcess {
  readonly pid: number;
  /** The file name of the program, or the name the kernel gives (`System`); null for pid 0. */
  readonly name: string | null;
  /** Milliseconds since the epoch. */
  readonly startTime: number | null;
}

export const processOffsets = { next: 0, createTime: 32, imageName: 56, uniqueProcessId: 80 };
const fixedSize = 88; // up to the parent, which is not read

export function decodeProcessList(list: FilledBuffer): Map<number, ListedProcess> {
  const processes = new Map<number, ListedProcess>();
  for (let at = 0; ; ) {
    list.check(at, fixedSize);
    const pid = Number(list.view.getBigUint64(at + processOffsets.uniqueProcessId, true));
    const createTime = list.view.getBigInt64(at + processOffsets.createTime, true);
    const name = list.unicodeString(at + processOffsets.imageName);
    processes.set(pid, { pid, name, startTime: fileTimeToMilliseconds(createTime) });
    const next = list.view.getUint32(at + processOffsets.next, true);
    if (next === 0) return processes;
    if (next < fixedSize) throw unreadable(list.what, `an entry of ${next} bytes is too short`);
    at += next;
  }
}

type QuerySystemInformation = (
  kind: number,
  info: Uint8Array,
  length: number,
  needed: [number],
) => number;

const querySystemInformation = bind<QuerySystemInformation>(
  'ntdll',
  'uint32_t NtQuerySystemInformation(int kind, void *info, uint32_t length, ' +
    '_Out_ uint32_t *needed)',
);
const SystemProcessInformation = 5; // winternl.h
const buffer = new GrowingBuffer(1 << 18);

export function listProcesses(): Map<number, ListedProcess> {
  const query = querySystemInformation();
  const list = buffer.fill('The list of processes', (bytes, size) =>
    query(SystemProcessInformation, bytes, bytes.length, size),
  );
  return decodeProcessList(list);
}
