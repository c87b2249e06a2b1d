// The modules (EXE and DLLs) that a process has loaded, psapi.h. A 32-bit process on 64-bit Windows
// is asked for both kinds of its modules; see `unredirected` for the trap in their paths.

import { charactersIn, GrowingBuffer, longestText } from './growing-buffer.ts';
import { bind, codeOf, type Handle, systemRoot } from './library.ts';
import { ERROR_INSUFFICIENT_BUFFER, NO_ERROR } from './win32-error.ts';

type EnumModules = (
  handle: Handle,
  modules: Uint8Array,
  length: number,
  needed: [number],
  filter: number,
) => number;

const enumProcessModules = bind<EnumModules>(
  'kernel32',
  'int K32EnumProcessModulesEx(intptr_t handle, void *modules, uint32_t length, ' +
    '_Out_ uint32_t *needed, uint32_t filter)',
);

type ModuleName = (handle: Handle, address: bigint, name: Uint8Array, size: number) => number;

const moduleName = (name: string): (() => ModuleName) =>
  bind<ModuleName>(
    'kernel32',
    `uint32_t K32${name}(intptr_t handle, uint64_t address, void *name, uint32_t size)`,
  );

const moduleFileName = moduleName('GetModuleFileNameExW');
const mappedFileName = moduleName('GetMappedFileNameW');
const isWow64Process = bind<(handle: Handle, wow64: [number]) => number>(
  'kernel32',
  'int IsWow64Process(intptr_t handle, _Out_ int *wow64)',
);

const LIST_MODULES_ALL = 3; // psapi.h
const moduleBuffer = new GrowingBuffer(8 * 1024);
const pathBuffer = new GrowingBuffer(2 * 1024);

function listModules(handle: Handle): bigint[] | null {
  const list = enumProcessModules();
  let length = 0;
  const modules = moduleBuffer.tryFill('EnumProcessModulesEx', (bytes, size) => {
    const code = codeOf(list(handle, bytes, bytes.length, size, LIST_MODULES_ALL));
    length = size[0];
    return code === NO_ERROR && length > bytes.length ? ERROR_INSUFFICIENT_BUFFER : code;
  });
  if (modules === null) return null;
  return Array.from({ length: Math.floor(length / 8) }, (_, i) =>
    modules.view.getBigUint64(i * 8, true),
  );
}

/** A name that fills the buffer to its end may have been cut: it is asked for again. */
function nameOf(query: ModuleName, handle: Handle, address: bigint): string | null {
  let length = 0;
  const name = pathBuffer.tryFill('GetModuleFileNameEx', (bytes) => {
    const room = charactersIn(bytes);
    length = query(handle, address, bytes, room);
    const cut = length >= room - 1 && room < longestText;
    return cut ? ERROR_INSUFFICIENT_BUFFER : codeOf(length);
  });
  return name?.text(0, length * 2) ?? null;
}

function isWow64(handle: Handle): boolean {
  const answer: [number] = [0];
  return isWow64Process()(handle, answer) !== 0 && answer[0] !== 0;
}

/** A 32-bit process believes that its DLLs lie in System32, and says so when asked; they are mapped
 * from SysWOW64. `mapped` is the file as the kernel knows it (`\\Device\\HarddiskVolume3\\…`). */
export function unredirected(path: string, mapped: string | null, windows: string): string {
  const system = `${windows}\\System32\\`;
  if (!path.toLowerCase().startsWith(system.toLowerCase())) return path;
  const tail = `SysWOW64\\${path.slice(system.length)}`;
  return mapped?.toLowerCase().endsWith(`\\${tail}`.toLowerCase()) ? `${windows}\\${tail}` : path;
}

/** Needs PROCESS_QUERY_INFORMATION and PROCESS_VM_READ. */
export function readModules(handle: Handle): string[] | null {
  const modules = listModules(handle);
  if (modules === null) return null;
  const redirects = isWow64(handle);
  const paths = modules.map((module) => {
    const path = nameOf(moduleFileName(), handle, module);
    if (path === null || !redirects) return path;
    return unredirected(path, nameOf(mappedFileName(), handle, module), systemRoot());
  });
  return paths.filter((path) => path !== null);
}
