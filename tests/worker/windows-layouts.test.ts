// Every offset and number that the Windows bindings assume, checked by a C compiler against the
// headers of Windows as mingw-w64 has them. Nothing is run: the compiler only has to agree.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { attributesLayout } from '../../native/windows/file-security.ts';
import { processOffsets } from '../../native/windows/process-list.ts';
import {
  aceOffsets,
  aclOffsets,
  descriptorOffsets,
} from '../../native/windows/security-descriptor.ts';
import {
  configOffsets,
  failureActionsLayout,
  levels,
  serviceStates,
  statusOffsets,
  statusSize,
} from '../../native/windows/service-config.ts';
import { serviceOffsets, serviceSize } from '../../native/windows/services.ts';
import {
  boundTables,
  moduleInfoSize,
  type RowLayout,
  tables,
} from '../../native/windows/socket-layout.ts';

const compiler = 'x86_64-w64-mingw32-gcc';
const hasCompiler = spawnSync(compiler, ['--version']).status === 0;
const skip = !hasCompiler && `needs ${compiler} (Debian: gcc-mingw-w64-x86-64-posix)`;

const claim = (what: string, value: number): string =>
  `_Static_assert(${what} == ${value}, "${what} is not ${value}");`;

/** What the fields are called in the structures of either kind. */
function fieldNames({ struct, family }: RowLayout): Partial<Record<keyof RowLayout, string>> {
  const isMib2 = struct.endsWith('ROW2');
  const address = family === 'IPv4' ? 'dw' : isMib2 ? '' : 'uc';
  return {
    state: struct === 'MIB_TCP6ROW2' ? 'State' : 'dwState',
    localAddress: `${address}LocalAddr`,
    localScope: 'dwLocalScopeId',
    localPort: 'dwLocalPort',
    remoteAddress: `${address}RemoteAddr`,
    remoteScope: 'dwRemoteScopeId',
    remotePort: 'dwRemotePort',
    pid: 'dwOwningPid',
    moduleInfo: 'OwningModuleInfo',
  };
}

function claimsOf(layout: RowLayout): string[] {
  const table = layout.struct.replace('ROW', 'TABLE');
  const fields = Object.entries(fieldNames(layout)).flatMap(([field, name]) => {
    const offset = layout[field as keyof RowLayout];
    return typeof offset !== 'number' || offset < 0
      ? []
      : [claim(`offsetof(${layout.struct}, ${name})`, offset)];
  });
  return [
    claim(`sizeof(${layout.struct})`, layout.size),
    claim(`offsetof(${table}, table)`, layout.firstRow),
    ...fields,
  ];
}

const socketClaims = [
  ...tables.flatMap(({ ownerModule, ownerPid }) => [ownerModule, ownerPid]),
  ...boundTables,
].flatMap(claimsOf);

const fieldClaims = (struct: string, fields: Readonly<Record<string, number>>): string[] =>
  Object.entries(fields).map(([field, at]) => claim(`offsetof(${struct}, ${field})`, at));

const process = 'SYSTEM_PROCESS_INFORMATION';
const service = 'ENUM_SERVICE_STATUS_PROCESSW';

const otherClaims = [
  claim('sizeof(((MIB_TCPROW_OWNER_MODULE *)0)->OwningModuleInfo)', moduleInfoSize),
  claim(`offsetof(${process}, NextEntryOffset)`, processOffsets.next),
  claim(`offsetof(${process}, CreateTime)`, processOffsets.createTime),
  claim(`offsetof(${process}, ImageName)`, processOffsets.imageName),
  claim(`offsetof(${process}, UniqueProcessId)`, processOffsets.uniqueProcessId),
  claim('offsetof(UNICODE_STRING, Length)', 0),
  claim('offsetof(UNICODE_STRING, Buffer)', 8),
  claim(`sizeof(${service})`, serviceSize),
  claim(`offsetof(${service}, lpServiceName)`, serviceOffsets.name),
  claim(`offsetof(${service}, lpDisplayName)`, serviceOffsets.displayName),
  claim(`offsetof(${service}, ServiceStatusProcess.dwServiceType)`, serviceOffsets.type),
  claim(`offsetof(${service}, ServiceStatusProcess.dwProcessId)`, serviceOffsets.pid),
  ...fieldClaims('SECURITY_DESCRIPTOR_RELATIVE', {
    Control: descriptorOffsets.control,
    Owner: descriptorOffsets.owner,
    Dacl: descriptorOffsets.dacl,
  }),
  claim('sizeof(SECURITY_DESCRIPTOR_RELATIVE)', 20),
  ...fieldClaims('ACL', { AclSize: aclOffsets.size, AceCount: aclOffsets.count }),
  ...fieldClaims('ACCESS_ALLOWED_ACE', {
    'Header.AceType': aceOffsets.type,
    'Header.AceFlags': aceOffsets.flags,
    'Header.AceSize': aceOffsets.size,
    Mask: aceOffsets.mask,
    SidStart: aceOffsets.sid,
  }),
  ...fieldClaims('QUERY_SERVICE_CONFIGW', {
    dwStartType: configOffsets.startType,
    lpBinaryPathName: configOffsets.binaryPathName,
  }),
  ...fieldClaims('SERVICE_STATUS_PROCESS', {
    dwCurrentState: statusOffsets.state,
    dwWin32ExitCode: statusOffsets.exitCode,
    dwServiceSpecificExitCode: statusOffsets.ownExitCode,
    dwProcessId: statusOffsets.pid,
  }),
  claim('sizeof(SERVICE_STATUS_PROCESS)', statusSize),
  ...fieldClaims('SERVICE_FAILURE_ACTIONSW', {
    dwResetPeriod: failureActionsLayout.resetPeriod,
    cActions: failureActionsLayout.count,
    lpsaActions: failureActionsLayout.actions,
  }),
  claim('sizeof(SERVICE_FAILURE_ACTIONSW)', failureActionsLayout.size),
  claim('sizeof(SC_ACTION)', 8),
  claim('sizeof(SERVICE_DELAYED_AUTO_START_INFO)', 4),
  claim('sizeof(SERVICE_FAILURE_ACTIONS_FLAG)', 4),
  claim('sizeof(SERVICE_SID_INFO)', 4),
  claim('sizeof(SERVICE_PRESHUTDOWN_INFO)', 4),
  claim('sizeof(SERVICE_DESCRIPTIONW)', 8),
  claim('sizeof(SERVICE_REQUIRED_PRIVILEGES_INFOW)', 8),
  claim('sizeof(SECURITY_ATTRIBUTES)', attributesLayout.size),
  claim('offsetof(SECURITY_ATTRIBUTES, lpSecurityDescriptor)', attributesLayout.descriptor),
  claim('sizeof(FILE_ATTRIBUTE_TAG_INFO)', 8),
  claim('offsetof(TCPIP_OWNER_MODULE_BASIC_INFO, pModuleName)', 0),
  claim('offsetof(TOKEN_USER, User.Sid)', 0),
  claim('offsetof(SID, SubAuthorityCount)', 1),
  claim('offsetof(SID, IdentifierAuthority)', 2),
  claim('offsetof(SID, SubAuthority)', 8),
  claim('SID_MAX_SUB_AUTHORITIES', 15),
  claim('sizeof(TOKEN_PRIVILEGES)', 16),
  claim('offsetof(TOKEN_PRIVILEGES, Privileges[0].Attributes)', 12),
];

/** The numbers that the calls are given. */
const numbers: Readonly<Record<string, number>> = {
  AF_INET: 2,
  AF_INET6: 23,
  TCP_TABLE_OWNER_PID_ALL: 5,
  TCP_TABLE_OWNER_MODULE_ALL: 8,
  UDP_TABLE_OWNER_PID: 1,
  UDP_TABLE_OWNER_MODULE: 2,
  TCPIP_OWNER_MODULE_INFO_BASIC: 0,
  MIB_TCP_STATE_CLOSED: 1,
  MIB_TCP_STATE_LISTEN: 2,
  MIB_TCP_STATE_ESTAB: 5,
  MIB_TCP_STATE_TIME_WAIT: 11,
  MIB_TCP_STATE_DELETE_TCB: 12,
  SystemProcessInformation: 5,
  PROCESS_VM_READ: 0x10,
  PROCESS_QUERY_INFORMATION: 0x400,
  PROCESS_QUERY_LIMITED_INFORMATION: 0x1000,
  LIST_MODULES_ALL: 3,
  TOKEN_QUERY: 8,
  TOKEN_ADJUST_PRIVILEGES: 0x20,
  TokenUser: 1,
  TokenElevation: 20,
  SE_PRIVILEGE_ENABLED: 2,
  SC_MANAGER_ENUMERATE_SERVICE: 4,
  SC_ENUM_PROCESS_INFO: 0,
  SERVICE_WIN32: 0x30,
  SERVICE_ACTIVE: 1,
  SERVICE_WIN32_SHARE_PROCESS: 0x20,
  SERVICE_CONFIG_DESCRIPTION: levels.description,
  SERVICE_CONFIG_FAILURE_ACTIONS: levels.failureActions,
  SERVICE_CONFIG_DELAYED_AUTO_START_INFO: levels.delayedAutoStart,
  SERVICE_CONFIG_FAILURE_ACTIONS_FLAG: levels.failureActionsFlag,
  SERVICE_CONFIG_SERVICE_SID_INFO: levels.serviceSid,
  SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO: levels.requiredPrivileges,
  SERVICE_CONFIG_PRESHUTDOWN_INFO: levels.preshutdown,
  ...serviceStates,
  SERVICE_AUTO_START: 2,
  SERVICE_DEMAND_START: 3,
  SERVICE_DISABLED: 4,
  SERVICE_ALL_ACCESS: 0xf01ff,
  SERVICE_SID_TYPE_UNRESTRICTED: 1,
  SC_ACTION_RESTART: 1,
  SC_STATUS_PROCESS_INFO: 0,
  SE_DACL_PRESENT: 4,
  SE_DACL_PROTECTED: 0x1000,
  INHERIT_ONLY_ACE: 8,
  ACCESS_ALLOWED_OBJECT_ACE_TYPE: 5,
  ACCESS_ALLOWED_CALLBACK_ACE_TYPE: 9,
  ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE: 0xb,
  FILE_DELETE_CHILD: 0x40,
  FILE_WRITE_ATTRIBUTES: 0x100,
  FileAttributeTagInfo: 9,
  FILE_FLAG_OPEN_REPARSE_POINT: 0x200000,
  FILE_FLAG_BACKUP_SEMANTICS: 0x2000000,
  FILE_ATTRIBUTE_REPARSE_POINT: 0x400,
  SDDL_REVISION_1: 1,
  REG_EXPAND_SZ: 2,
  REG_DWORD: 4,
  KEY_SET_VALUE: 2,
  ERROR_SHARING_VIOLATION: 32,
  ERROR_ALREADY_EXISTS: 183,
  ERROR_SERVICE_ALREADY_RUNNING: 1056,
  ERROR_SERVICE_DOES_NOT_EXIST: 1060,
  ERROR_SERVICE_NOT_ACTIVE: 1062,
  ERROR_SERVICE_SPECIFIC_ERROR: 1066,
  ERROR_SERVICE_MARKED_FOR_DELETE: 1072,
  ERROR_SERVICE_NEVER_STARTED: 1077,
  ERROR_INSUFFICIENT_BUFFER: 122,
  ERROR_MORE_DATA: 234,
};

const headers = [
  'winsock2',
  'windows',
  'iphlpapi',
  'psapi',
  'winsvc',
  'winternl',
  'sddl',
  'stddef',
];

function compile(claims: readonly string[]): string {
  const includes = headers.map((header) => `#include <${header}.h>`);
  const source = ['#define _WIN32_WINNT 0x0A00', ...includes, ...claims, ''].join('\n');
  const args = ['-std=c11', '-fsyntax-only', '-x', 'c', '-'];
  return spawnSync(compiler, args, { input: source, encoding: 'utf8' }).stderr;
}

test('the layouts of the socket tables are those of the headers', { skip }, () => {
  assert.ok(socketClaims.length > 70, `${socketClaims.length} claims`);
  assert.equal(compile(socketClaims), '');
});

test('all other layouts and numbers are those of the headers', { skip }, () => {
  const claims = Object.entries(numbers).map(([name, value]) => claim(name, value));
  assert.equal(compile([...otherClaims, ...claims]), '');
});

test('the compiler does object to a wrong number', { skip }, () => {
  assert.match(compile([claim('sizeof(MIB_TCPROW_OWNER_PID)', 25)]), /is not 25/);
});
