// Our own rights: whether we run elevated, and SeDebugPrivilege, which lets an administrator open
// the processes of every user. It is held but off in an elevated shell and has to be switched on.

import {
  readTokenInformation,
  readUser,
  TOKEN_ADJUST_PRIVILEGES,
  TOKEN_QUERY,
  withToken,
} from './account.ts';
import { bind, type Handle, lastError } from './library.ts';
import { formatSid } from './sid.ts';
import { NO_ERROR } from './win32-error.ts';

const currentProcess = bind<() => Handle>('kernel32', 'intptr_t GetCurrentProcess()');

const lookupPrivilegeValue = bind<(system: null, name: string, luid: Uint8Array) => number>(
  'advapi32',
  'int LookupPrivilegeValueW(void *system, const char16_t *name, void *luid)',
);

type AdjustPrivileges = (
  token: Handle,
  disableAll: number,
  privileges: Uint8Array,
  length: number,
  previous: null,
  previousLength: null,
) => number;

const adjustTokenPrivileges = bind<AdjustPrivileges>(
  'advapi32',
  'int AdjustTokenPrivileges(intptr_t token, int disableAll, void *privileges, uint32_t length, ' +
    'void *previous, void *previousLength)',
);

const SE_PRIVILEGE_ENABLED = 2; // winnt.h
const privilegesSize = 16; // TOKEN_PRIVILEGES of one LUID_AND_ATTRIBUTES: count, LUID, attributes

function enable(token: Handle): boolean {
  const wanted = new Uint8Array(privilegesSize);
  const view = new DataView(wanted.buffer);
  view.setUint32(0, 1, true);
  if (lookupPrivilegeValue()(null, 'SeDebugPrivilege', wanted.subarray(4, 12)) === 0) return false;
  view.setUint32(12, SE_PRIVILEGE_ENABLED, true);
  // It says yes where the token does not hold the privilege, too; only its error code tells.
  adjustTokenPrivileges()(token, 0, wanted, wanted.length, null, null);
  return lastError()() === NO_ERROR;
}

/** True where this process may now open the processes of other users. */
export function takeDebugPrivilege(): boolean {
  const access = TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY;
  return withToken(currentProcess()(), access, enable) ?? false;
}

const TokenElevation = 20; // winnt.h: TOKEN_ELEVATION is one DWORD

/** Whether we run with all rights of an administrator (UAC may have taken them away). */
export function isElevated(): boolean {
  return (
    withToken(currentProcess()(), TOKEN_QUERY, (token) => {
      const info = readTokenInformation(token, TokenElevation);
      return info !== null && info.view.getUint32(0, true) !== 0;
    }) ?? false
  );
}

/** The account that this process runs as: `S-1-5-18` for the system itself. */
export function ownSid(): string | null {
  const sid = readUser(currentProcess()());
  return sid === null ? null : formatSid(sid);
}
