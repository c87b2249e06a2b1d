// One process through a handle: its start, path and command line. Every reader gives null where
// Windows refuses; the handle is closed in every case.

import { fileTimeToMilliseconds } from './bytes.ts';
import { charactersIn, GrowingBuffer } from './growing-buffer.ts';
import { bind, codeOf, type Handle } from './library.ts';

/** Access rights of a process, winnt.h. */
export const PROCESS_VM_READ = 0x0010;
export const PROCESS_QUERY_INFORMATION = 0x0400;
export const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;

const openProcess = bind<(access: number, inherit: number, pid: number) => Handle>(
  'kernel32',
  'intptr_t OpenProcess(uint32_t access, int inherit, uint32_t pid)',
);
export const closeHandle = bind<(handle: Handle) => number>(
  'kernel32',
  'int CloseHandle(intptr_t handle)',
);

/** Lends a handle to the process; null where it may not be opened, or is gone. */
export function withProcess<T>(pid: number, access: number, use: (handle: Handle) => T): T | null {
  const handle = openProcess()(access, 0, pid);
  if (Number(handle) === 0) return null;
  try {
    return use(handle);
  } finally {
    closeHandle()(handle);
  }
}

type ProcessTimes = (handle: Handle, ...times: readonly Uint8Array[]) => number;

const getProcessTimes = bind<ProcessTimes>(
  'kernel32',
  'int GetProcessTimes(intptr_t handle, void *creation, void *exit, void *kernel, void *user)',
);

export function readStartTime(handle: Handle): number | null {
  const times = [0, 1, 2, 3].map(() => new Uint8Array(8));
  const [creation = new Uint8Array(8)] = times;
  if (getProcessTimes()(handle, ...times) === 0) return null;
  return fileTimeToMilliseconds(new DataView(creation.buffer).getBigInt64(0, true));
}

type ImageName = (handle: Handle, flags: number, name: Uint8Array, size: [number]) => number;

const queryFullProcessImageName = bind<ImageName>(
  'kernel32',
  'int QueryFullProcessImageNameW(intptr_t handle, uint32_t flags, void *name, ' +
    '_Inout_ uint32_t *size)',
);

const pathBuffer = new GrowingBuffer(2 * 1024);

export function readImagePath(handle: Handle, buffer = pathBuffer): string | null {
  const query = queryFullProcessImageName();
  const length: [number] = [0];
  const path = buffer.tryFill('QueryFullProcessImageName', (bytes) => {
    length[0] = charactersIn(bytes);
    return codeOf(query(handle, 0, bytes, length));
  });
  return path?.text(0, length[0] * 2) ?? null;
}

type QueryInformationProcess = (
  handle: Handle,
  kind: number,
  info: Uint8Array,
  length: number,
  needed: [number],
) => number;

const queryInformationProcess = bind<QueryInformationProcess>(
  'ntdll',
  'uint32_t NtQueryInformationProcess(intptr_t handle, int kind, void *info, uint32_t length, ' +
    '_Out_ uint32_t *needed)',
);
const ProcessCommandLineInformation = 60; // ntddk.h; Windows 8.1 and later
const commandLineBuffer = new GrowingBuffer(2 * 1024);

/** A UNICODE_STRING with its characters behind it. */
export function readCommandLine(handle: Handle, buffer = commandLineBuffer): string | null {
  const query = queryInformationProcess();
  const filled = buffer.tryFill('NtQueryInformationProcess', (bytes, size) =>
    query(handle, ProcessCommandLineInformation, bytes, bytes.length, size),
  );
  return filled?.unicodeString(0) ?? null;
}
