// A key of the registry with its values, winreg.h: what the event log needs to know of its sources.

import { bind, type Handle } from './library.ts';
import { ERROR_FILE_NOT_FOUND, NO_ERROR, Win32Error } from './win32-error.ts';

const HKEY_LOCAL_MACHINE = 0x80000002; // winreg.h; sign-extended to 64 bits
const KEY_SET_VALUE = 2;
const REG_EXPAND_SZ = 2;
const REG_DWORD = 4;

type CreateKey = (
  parent: Handle,
  path: string,
  reserved: number,
  keyClass: null,
  options: number,
  access: number,
  security: null,
  key: [Handle],
  disposition: null,
) => number;

const createKey = bind<CreateKey>(
  'advapi32',
  'int RegCreateKeyExW(intptr_t parent, const char16_t *path, uint32_t reserved, void *keyClass, ' +
    'uint32_t options, uint32_t access, void *security, _Out_ intptr_t *key, void *disposition)',
);

type SetValue = (
  key: Handle,
  name: string,
  reserved: number,
  type: number,
  bytes: Uint8Array,
  size: number,
) => number;

const setValue = bind<SetValue>(
  'advapi32',
  'int RegSetValueExW(intptr_t key, const char16_t *name, uint32_t reserved, uint32_t type, ' +
    'void *bytes, uint32_t size)',
);
const closeKey = bind<(key: Handle) => number>('advapi32', 'int RegCloseKey(intptr_t key)');
const deleteTree = bind<(parent: Handle, path: string) => number>(
  'advapi32',
  'int RegDeleteTreeW(intptr_t parent, const char16_t *path)',
);

function must(call: string, code: number): void {
  if (code !== NO_ERROR) throw new Win32Error(call, code);
}

const machine = (): Handle => BigInt.asIntN(32, BigInt(HKEY_LOCAL_MACHINE));

function valueBytes(value: string | number): [type: number, bytes: Uint8Array] {
  if (typeof value === 'string') return [REG_EXPAND_SZ, Buffer.from(`${value}\0`, 'utf16le')];
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return [REG_DWORD, bytes];
}

/** Below HKEY_LOCAL_MACHINE. Values that are there already are replaced. */
export function writeKey(path: string, values: Readonly<Record<string, string | number>>): void {
  const key: [Handle] = [0];
  const options = [0, null, 0, KEY_SET_VALUE, null] as const;
  must('RegCreateKeyEx', createKey()(machine(), path, ...options, key, null));
  try {
    for (const [name, value] of Object.entries(values)) {
      const [type, bytes] = valueBytes(value);
      must('RegSetValueEx', setValue()(key[0], name, 0, type, bytes, bytes.length));
    }
  } finally {
    closeKey()(key[0]);
  }
}

/** With all that is below it; it need not be there. */
export function deleteKey(path: string): void {
  const code = deleteTree()(machine(), path);
  if (code !== ERROR_FILE_NOT_FOUND) must('RegDeleteTree', code);
}
