// Who runs a process: the SID in its token, and the account that the SID belongs to.

import type { FilledBuffer } from './bytes.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { bind, codeOf, type Handle, type KoffiFunction } from './library.ts';
import { closeHandle } from './process.ts';
import { sidAt } from './sid.ts';
import { ERROR_INSUFFICIENT_BUFFER, NO_ERROR } from './win32-error.ts';

const openProcessToken = bind<(process: Handle, access: number, token: [Handle]) => number>(
  'advapi32',
  'int OpenProcessToken(intptr_t process, uint32_t access, _Out_ intptr_t *token)',
);

/** Access rights of a token, winnt.h. */
export const TOKEN_QUERY = 0x0008;
export const TOKEN_ADJUST_PRIVILEGES = 0x0020;

/** Lends the token of a process; null where it may not be opened. */
export function withToken<T>(process: Handle, access: number, use: (token: Handle) => T): T | null {
  const token: [Handle] = [0];
  if (openProcessToken()(process, access, token) === 0) return null;
  try {
    return use(token[0]);
  } finally {
    closeHandle()(token[0]);
  }
}

type TokenInformation = (
  token: Handle,
  kind: number,
  info: Uint8Array,
  length: number,
  needed: [number],
) => number;

const getTokenInformation = bind<TokenInformation>(
  'advapi32',
  'int GetTokenInformation(intptr_t token, int kind, void *info, uint32_t length, ' +
    '_Out_ uint32_t *needed)',
);
const TokenUser = 1; // winnt.h
const tokenBuffer = new GrowingBuffer(256);

/** TOKEN_USER begins with the pointer to a SID that stands behind it in the same buffer. */
export function decodeTokenUser(info: FilledBuffer): Uint8Array | null {
  const start = info.pointer(0);
  if (start === null) return null;
  return sidAt(info, start);
}

/** `kind`: a TOKEN_INFORMATION_CLASS. Null where it is refused. */
export function readTokenInformation(token: Handle, kind: number): FilledBuffer | null {
  const read = getTokenInformation();
  return tokenBuffer.tryFill('GetTokenInformation', (bytes, size) =>
    codeOf(read(token, kind, bytes, bytes.length, size)),
  );
}

/** The SID of the user behind a process handle. */
export function readUser(process: Handle): Uint8Array | null {
  return withToken(process, TOKEN_QUERY, (token) => {
    const info = readTokenInformation(token, TokenUser);
    return info === null ? null : decodeTokenUser(info);
  });
}

type LookupAccount = KoffiFunction<
  [null, Uint8Array, Uint8Array, [number], Uint8Array, [number], [number]]
>;

const lookupAccountSid = bind<LookupAccount>(
  'advapi32',
  'int LookupAccountSidW(void *system, void *sid, void *name, _Inout_ uint32_t *nameSize, ' +
    'void *domain, _Inout_ uint32_t *domainSize, _Out_ int *use)',
);

const utf16 = new TextDecoder('utf-16le');

/** `DOMAIN\name`; null where the SID has no name, or nobody who knows it answers. It may ask a
 * domain controller and take long, so it runs on a thread of its own. */
export function lookupAccount(sid: Uint8Array, room = 512): Promise<string | null> {
  const name = new Uint8Array(room * 2);
  const domain = new Uint8Array(room * 2);
  const sizes: [[number], [number]] = [[room], [room]];
  return new Promise((resolve) => {
    const done = (_error: unknown, result: number): void => {
      const code = codeOf(result);
      const [nameLength, domainLength] = [sizes[0][0], sizes[1][0]];
      if (code === NO_ERROR) {
        const account = utf16.decode(name.subarray(0, nameLength * 2));
        const place = utf16.decode(domain.subarray(0, domainLength * 2));
        resolve(place === '' ? account : `${place}\\${account}`);
      } else if (code === ERROR_INSUFFICIENT_BUFFER && Math.max(nameLength, domainLength) >= room) {
        resolve(lookupAccount(sid, Math.max(nameLength, domainLength) + 1));
      } else {
        resolve(null);
      }
    };
    lookupAccountSid().async(null, sid, name, sizes[0], domain, sizes[1], [0], done);
  });
}
