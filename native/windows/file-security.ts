// The rights of files and directories: read from a handle, written as SDDL (the text form that
// icacls, sc and every administrator's tools know).

import {
  FILE_ATTRIBUTE_DIRECTORY,
  FILE_ATTRIBUTE_REPARSE_POINT,
  FILE_READ_ATTRIBUTES,
  finalPath,
  READ_CONTROL,
  readAttributes,
  withPath,
} from './file.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { bind, codeOf, type Handle } from './library.ts';
import { decodeSecurityDescriptor, type SecurityDescriptor } from './security-descriptor.ts';
import { NO_ERROR, Win32Error } from './win32-error.ts';

type ObjectSecurity = (
  object: Handle,
  information: number,
  descriptor: Uint8Array,
  length: number,
  needed: [number],
) => number;

const getKernelObjectSecurity = bind<ObjectSecurity>(
  'advapi32',
  'int GetKernelObjectSecurity(intptr_t object, uint32_t information, void *descriptor, ' +
    'uint32_t length, _Out_ uint32_t *needed)',
);
const OWNER_SECURITY_INFORMATION = 1; // winnt.h
const DACL_SECURITY_INFORMATION = 4;
const descriptorBuffer = new GrowingBuffer(1024);

/** The handle needs READ_CONTROL. */
export function readSecurity(object: Handle): SecurityDescriptor {
  const information = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  const read = getKernelObjectSecurity();
  const filled = descriptorBuffer.fill('GetKernelObjectSecurity', (bytes, size) =>
    codeOf(read(object, information, bytes, bytes.length, size)),
  );
  return decodeSecurityDescriptor(filled.bytes);
}

/** What can be said of a path by one look at what is there. */
export interface PathFacts {
  readonly finalPath: string;
  readonly isDirectory: boolean;
  readonly isLink: boolean;
  readonly security: SecurityDescriptor;
}

/** Throws a Win32Error where there is nothing, or it may not be looked at. */
export function readPathFacts(path: string, links: 'Follow' | 'Open'): PathFacts {
  const access = READ_CONTROL | FILE_READ_ATTRIBUTES;
  return withPath(path, { access, links }, (handle) => {
    const attributes = readAttributes(handle);
    return {
      finalPath: finalPath(handle),
      isDirectory: (attributes & FILE_ATTRIBUTE_DIRECTORY) !== 0,
      isLink: (attributes & FILE_ATTRIBUTE_REPARSE_POINT) !== 0,
      security: readSecurity(handle),
    };
  });
}

type FromText = (text: string, revision: number, descriptor: [Handle], size: [number]) => number;

const descriptorFromText = bind<FromText>(
  'advapi32',
  'int ConvertStringSecurityDescriptorToSecurityDescriptorW(const char16_t *text, ' +
    'uint32_t revision, _Out_ intptr_t *descriptor, _Out_ uint32_t *size)',
);
const localFree = bind<(memory: Handle) => Handle>('kernel32', 'intptr_t LocalFree(intptr_t m)');
const createDirectory = bind<(path: string, security: Uint8Array) => number>(
  'kernel32',
  'int CreateDirectoryW(const char16_t *path, void *security)',
);
const SDDL_REVISION_1 = 1; // sddl.h

/** SECURITY_ATTRIBUTES (minwinbase.h): length, pointer to the descriptor, whether inherited. */
export const attributesLayout = { size: 24, length: 0, descriptor: 8 };

function attributesWith(descriptor: Handle): Uint8Array {
  const bytes = new Uint8Array(attributesLayout.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(attributesLayout.length, bytes.length, true);
  view.setBigUint64(attributesLayout.descriptor, BigInt(descriptor), true);
  return bytes;
}

/** Makes a directory that has these rights from its first moment on. Throws a Win32Error. */
export function makeDirectory(path: string, sddl: string): void {
  const descriptor: [Handle] = [0];
  const made = descriptorFromText()(sddl, SDDL_REVISION_1, descriptor, [0]);
  const code = codeOf(made);
  if (code !== NO_ERROR) throw new Win32Error('ConvertStringSecurityDescriptor', code);
  try {
    const done = codeOf(createDirectory()(path, attributesWith(descriptor[0])));
    if (done !== NO_ERROR) throw new Win32Error('CreateDirectory', done);
  } finally {
    localFree()(descriptor[0]);
  }
}
