// Files and directories through a handle, fileapi.h: what is looked at by one can't be exchanged
// between two looks.

import { charactersIn, GrowingBuffer, longestText } from './growing-buffer.ts';
import { bind, codeOf, type Handle, lastError } from './library.ts';
import { closeHandle } from './process.ts';
import { ERROR_INSUFFICIENT_BUFFER, NO_ERROR, Win32Error } from './win32-error.ts';

/** Access rights, sharing, dispositions and flags: winnt.h and fileapi.h. */
export const FILE_READ_ATTRIBUTES = 0x80;
export const READ_CONTROL = 0x20000;
export const GENERIC_READ = 0x80000000;
export const GENERIC_WRITE = 0x40000000;
export const FILE_SHARE_READ = 1;
const FILE_SHARE_ALL = 7;
export const OPEN_EXISTING = 3;
export const OPEN_ALWAYS = 4;
const FILE_FLAG_OPEN_REPARSE_POINT = 0x00200000;
const FILE_FLAG_BACKUP_SEMANTICS = 0x02000000; // directories, too
const INVALID_HANDLE_VALUE = -1;

type CreateFile = (
  path: string,
  access: number,
  share: number,
  security: null,
  disposition: number,
  flags: number,
  template: number,
) => Handle;

const createFile = bind<CreateFile>(
  'kernel32',
  'intptr_t CreateFileW(const char16_t *path, uint32_t access, uint32_t share, void *security, ' +
    'uint32_t disposition, uint32_t flags, intptr_t template)',
);

export interface OpenOptions {
  readonly access: number;
  readonly share?: number;
  readonly disposition?: number;
  /** The end of the links, or the link itself. */
  readonly links?: 'Follow' | 'Open';
}

/** To be closed with closeHandle. Throws a Win32Error. */
export function openPath(path: string, options: OpenOptions): Handle {
  const { access, share = FILE_SHARE_ALL, disposition = OPEN_EXISTING, links = 'Open' } = options;
  const ofLinks = links === 'Open' ? FILE_FLAG_OPEN_REPARSE_POINT : 0;
  const flags = FILE_FLAG_BACKUP_SEMANTICS | ofLinks;
  const handle = createFile()(path, access, share, null, disposition, flags, 0);
  if (Number(handle) === INVALID_HANDLE_VALUE) throw new Win32Error('CreateFile', lastError()());
  return handle;
}

/** Lends a handle. */
export function withPath<T>(path: string, options: OpenOptions, use: (handle: Handle) => T): T {
  const handle = openPath(path, options);
  try {
    return use(handle);
  } finally {
    closeHandle()(handle);
  }
}

type WriteFile = (
  file: Handle,
  bytes: Uint8Array,
  length: number,
  written: [number],
  overlapped: null,
) => number;

const writeFile = bind<WriteFile>(
  'kernel32',
  'int WriteFile(intptr_t file, void *bytes, uint32_t length, _Out_ uint32_t *written, ' +
    'void *overlapped)',
);
const setEndOfFile = bind<(file: Handle) => number>('kernel32', 'int SetEndOfFile(intptr_t file)');

/** From where the handle stands, which for a new one is the beginning; what stood behind goes. */
export function writeAll(file: Handle, bytes: Uint8Array): void {
  const code = codeOf(writeFile()(file, bytes, bytes.length, [0], null));
  if (code !== NO_ERROR) throw new Win32Error('WriteFile', code);
  setEndOfFile()(file);
}

type FinalPath = (file: Handle, path: Uint8Array, length: number, flags: number) => number;

const finalPathName = bind<FinalPath>(
  'kernel32',
  'uint32_t GetFinalPathNameByHandleW(intptr_t file, void *path, uint32_t length, uint32_t flags)',
);
const pathBuffer = new GrowingBuffer(2 * 1024);

/** `\\?\C:\…`, `\\?\UNC\server\share\…`: with every link, junction and short name resolved. */
export function finalPath(file: Handle): string {
  let length = 0;
  const path = pathBuffer.fill('GetFinalPathNameByHandle', (bytes) => {
    const room = charactersIn(bytes);
    length = finalPathName()(file, bytes, room, 0);
    return length >= room && room < longestText ? ERROR_INSUFFICIENT_BUFFER : codeOf(length);
  });
  return path.text(0, length * 2);
}

type FileInformation = (file: Handle, kind: number, info: Uint8Array, length: number) => number;

const fileInformation = bind<FileInformation>(
  'kernel32',
  'int GetFileInformationByHandleEx(intptr_t file, int kind, void *info, uint32_t length)',
);
const FileAttributeTagInfo = 9; // minwinbase.h
const attributeTagSize = 8; // FILE_ATTRIBUTE_TAG_INFO: attributes, tag
export const FILE_ATTRIBUTE_DIRECTORY = 0x10;
export const FILE_ATTRIBUTE_REPARSE_POINT = 0x400;

export function readAttributes(file: Handle): number {
  const info = new Uint8Array(attributeTagSize);
  const code = codeOf(fileInformation()(file, FileAttributeTagInfo, info, info.length));
  if (code !== NO_ERROR) throw new Win32Error('GetFileInformationByHandleEx', code);
  return new DataView(info.buffer).getUint32(0, true);
}
