// The services that run now and the process each one runs in, winsvc.h. One svchost.exe may host
// many; the list needs no rights beyond those of any user.

import { FilledBuffer } from './bytes.ts';
import { addressOf, bind, codeOf, type Handle } from './library.ts';
import { ERROR_MORE_DATA, NO_ERROR } from './win32-error.ts';

export interface RunningService {
  /** The short name, as Get-Service's Name. */
  readonly name: string;
  readonly displayName: string;
  readonly pid: number;
  /** True where its process may host other services too (SERVICE_WIN32_SHARE_PROCESS). */
  readonly shared: boolean;
}

/** struct ENUM_SERVICE_STATUS_PROCESSW: two strings, then SERVICE_STATUS_PROCESS. */
export const serviceOffsets = { name: 0, displayName: 8, type: 16, pid: 44 };
export const serviceSize = 56;
const SERVICE_WIN32_SHARE_PROCESS = 0x20;

export function decodeServices(list: FilledBuffer, count: number): RunningService[] {
  list.check(0, count * serviceSize);
  return Array.from({ length: count }, (_, index) => {
    const at = index * serviceSize;
    const text = (offset: number): string => {
      const start = list.pointer(at + offset);
      return start === null ? '' : list.terminatedText(start);
    };
    return {
      name: text(serviceOffsets.name),
      displayName: text(serviceOffsets.displayName),
      pid: list.view.getUint32(at + serviceOffsets.pid, true),
      shared:
        (list.view.getUint32(at + serviceOffsets.type, true) & SERVICE_WIN32_SHARE_PROCESS) !== 0,
    };
  });
}

export const openManager = bind<(machine: null, database: null, access: number) => Handle>(
  'advapi32',
  'intptr_t OpenSCManagerW(void *machine, void *database, uint32_t access)',
);
export const closeServiceHandle = bind<(handle: Handle) => number>(
  'advapi32',
  'int CloseServiceHandle(intptr_t handle)',
);

type EnumServices = (
  manager: Handle,
  infoLevel: number,
  type: number,
  state: number,
  services: Uint8Array,
  length: number,
  needed: [number],
  returned: [number],
  resume: [number],
  group: null,
) => number;

const enumServicesStatus = bind<EnumServices>(
  'advapi32',
  'int EnumServicesStatusExW(intptr_t manager, int infoLevel, uint32_t type, uint32_t state, ' +
    'void *services, uint32_t length, _Out_ uint32_t *needed, _Out_ uint32_t *returned, ' +
    '_Inout_ uint32_t *resume, void *group)',
);

const SC_MANAGER_ENUMERATE_SERVICE = 4;
const SC_ENUM_PROCESS_INFO = 0;
const SERVICE_WIN32 = 0x30;
const SERVICE_ACTIVE = 1;
const mostAtOnce = 256 * 1024; // the call takes no larger buffer; what is left it gives on resuming

function enumerate(manager: Handle): RunningService[] | null {
  const bytes = new Uint8Array(mostAtOnce);
  const list = new FilledBuffer('The list of services', bytes, addressOf(bytes));
  const services: RunningService[] = [];
  const [returned, resume]: [[number], [number]] = [[0], [0]];
  for (;;) {
    const kind = [SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE] as const;
    const room: [Uint8Array, number] = [bytes, bytes.length];
    const done = enumServicesStatus()(manager, ...kind, ...room, [0], returned, resume, null);
    const code = codeOf(done);
    if (code !== NO_ERROR && code !== ERROR_MORE_DATA) return null;
    services.push(...decodeServices(list, returned[0]));
    if (code === NO_ERROR || returned[0] === 0) return services;
  }
}

/** Null where the service control manager does not answer. */
export function listServices(): RunningService[] | null {
  const manager = openManager()(null, null, SC_MANAGER_ENUMERATE_SERVICE);
  if (Number(manager) === 0) return null;
  try {
    return enumerate(manager);
  } finally {
    closeServiceHandle()(manager);
  }
}
