// The service control manager, winsvc.h: register, change, start, stop and remove one service.

import { GrowingBuffer } from './growing-buffer.ts';
import { addressOf, bind, codeOf, type Handle } from './library.ts';
import {
  decodeConfig,
  decodeStatus,
  layFailureActions,
  layNumber,
  layText,
  levels,
  multiText,
  type ServiceConfig,
  type ServiceStatus,
  type StartType,
  startTypes,
  statusSize,
} from './service-config.ts';
import { closeServiceHandle, openManager } from './services.ts';
import { ERROR_SERVICE_DOES_NOT_EXIST, NO_ERROR, Win32Error } from './win32-error.ts';

/** Access rights, winsvc.h and winnt.h. */
const SC_MANAGER_CONNECT = 1;
const SC_MANAGER_CREATE_SERVICE = 2;
export const SERVICE_QUERY_CONFIG = 1;
export const SERVICE_CHANGE_CONFIG = 2;
export const SERVICE_QUERY_STATUS = 4;
export const SERVICE_START = 0x10;
export const SERVICE_STOP = 0x20;
export const DELETE = 0x10000;
export const SERVICE_ALL_ACCESS = 0xf01ff;

const SERVICE_WIN32_OWN_PROCESS = 0x10;
const SERVICE_ERROR_NORMAL = 1;
const SERVICE_NO_CHANGE = 0xffffffff;
const SERVICE_CONTROL_STOP = 1;
const SC_STATUS_PROCESS_INFO = 0;

const openServiceHandle = bind<(manager: Handle, name: string, access: number) => Handle>(
  'advapi32',
  'intptr_t OpenServiceW(intptr_t manager, const char16_t *name, uint32_t access)',
);

type CreateService = (
  manager: Handle,
  name: string,
  displayName: string,
  access: number,
  type: number,
  start: number,
  errorControl: number,
  path: string,
  ...none: readonly null[]
) => Handle;

const createServiceHandle = bind<CreateService>(
  'advapi32',
  'intptr_t CreateServiceW(intptr_t manager, const char16_t *name, const char16_t *display, ' +
    'uint32_t access, uint32_t type, uint32_t start, uint32_t errorControl, ' +
    'const char16_t *path, void *group, void *tag, void *dependencies, void *account, ' +
    'void *password)',
);

type ChangeConfig = (
  service: Handle,
  type: number,
  start: number,
  errorControl: number,
  path: string | null,
  ...none: readonly null[]
) => number;

const changeServiceConfig = bind<ChangeConfig>(
  'advapi32',
  'int ChangeServiceConfigW(intptr_t service, uint32_t type, uint32_t start, ' +
    'uint32_t errorControl, const char16_t *path, void *group, void *tag, void *dependencies, ' +
    'void *account, void *password, void *display)',
);
const changeServiceConfig2 = bind<(service: Handle, level: number, info: Uint8Array) => number>(
  'advapi32',
  'int ChangeServiceConfig2W(intptr_t service, uint32_t level, void *info)',
);

type QueryConfig = (service: Handle, config: Uint8Array, size: number, needed: [number]) => number;

const queryServiceConfig = bind<QueryConfig>(
  'advapi32',
  'int QueryServiceConfigW(intptr_t service, void *config, uint32_t size, ' +
    '_Out_ uint32_t *needed)',
);

type QueryStatus = (
  service: Handle,
  level: number,
  status: Uint8Array,
  size: number,
  needed: [number],
) => number;

const queryServiceStatus = bind<QueryStatus>(
  'advapi32',
  'int QueryServiceStatusEx(intptr_t service, int level, void *status, uint32_t size, ' +
    '_Out_ uint32_t *needed)',
);
const startServiceHandle = bind<(service: Handle, count: number, words: null) => number>(
  'advapi32',
  'int StartServiceW(intptr_t service, uint32_t count, void *words)',
);
const controlServiceHandle = bind<(s: Handle, control: number, status: Uint8Array) => number>(
  'advapi32',
  'int ControlService(intptr_t service, uint32_t control, void *status)',
);
const deleteServiceHandle = bind<(service: Handle) => number>(
  'advapi32',
  'int DeleteService(intptr_t service)',
);

function must(call: string, result: number): void {
  const code = codeOf(result);
  if (code !== NO_ERROR) throw new Win32Error(call, code);
}

/** Opens what `open` opens, and closes it. */
function lend<T>(call: string, open: () => Handle, use: (handle: Handle) => T): T {
  const handle = open();
  must(call, Number(handle) === 0 ? 0 : 1);
  try {
    return use(handle);
  } finally {
    closeServiceHandle()(handle);
  }
}

const withManager = <T>(access: number, use: (manager: Handle) => T): T =>
  lend('OpenSCManager', () => openManager()(null, null, access), use);

/** One service, open for as long as `use` takes. Every call throws a Win32Error where it fails. */
export class ServiceHandle {
  readonly #handle: Handle;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  readConfig(): ServiceConfig {
    const query = queryServiceConfig();
    const filled = new GrowingBuffer(1024).fill('QueryServiceConfig', (bytes, size) =>
      codeOf(query(this.#handle, bytes, bytes.length, size)),
    );
    return decodeConfig(filled);
  }

  readStatus(): ServiceStatus {
    const bytes = new Uint8Array(statusSize);
    const query = queryServiceStatus();
    must(
      'QueryServiceStatusEx',
      query(this.#handle, SC_STATUS_PROCESS_INFO, bytes, bytes.length, [0]),
    );
    return decodeStatus(bytes);
  }

  change(config: ServiceConfig): void {
    const kept = SERVICE_NO_CHANGE;
    const start = startTypes[config.startType];
    const none = [null, null, null, null, null, null] as const;
    const change = changeServiceConfig();
    must('ChangeServiceConfig', change(this.#handle, kept, start, kept, config.imagePath, ...none));
  }

  setDescription(text: string): void {
    this.#set(levels.description, (base) => layText(base, text));
  }

  setDelayedStart(isDelayed: boolean): void {
    this.#set(levels.delayedAutoStart, () => layNumber(isDelayed ? 1 : 0));
  }

  /** Also where it ends by itself with an error, not only where it crashes. */
  setRecovery(delays: readonly number[], resetSeconds: number): void {
    this.#set(levels.failureActions, (base) => layFailureActions(base, delays, resetSeconds));
    this.#set(levels.failureActionsFlag, () => layNumber(1));
  }

  /** The service gets an account name of its own in its token: `NT SERVICE\PortReporter`. */
  setOwnSid(): void {
    this.#set(levels.serviceSid, () => layNumber(1)); // SERVICE_SID_TYPE_UNRESTRICTED
  }

  /** All other privileges of its account are taken from the process. */
  setPrivileges(names: readonly string[]): void {
    this.#set(levels.requiredPrivileges, (base) => layText(base, multiText(names)));
  }

  setPreshutdownTime(milliseconds: number): void {
    this.#set(levels.preshutdown, () => layNumber(milliseconds));
  }

  start(): void {
    must('StartService', startServiceHandle()(this.#handle, 0, null));
  }

  askToStop(): void {
    const stop = controlServiceHandle();
    must('ControlService', stop(this.#handle, SERVICE_CONTROL_STOP, new Uint8Array(statusSize)));
  }

  remove(): void {
    must('DeleteService', deleteServiceHandle()(this.#handle));
  }

  #set(level: number, lay: (base: bigint) => Uint8Array): void {
    const bytes = new Uint8Array(lay(0n).length);
    bytes.set(lay(addressOf(bytes)));
    must(`ChangeServiceConfig2 (${level})`, changeServiceConfig2()(this.#handle, level, bytes));
  }
}

/** Null where there is no such service. */
export function withService<T>(
  name: string,
  access: number,
  use: (service: ServiceHandle) => T,
): T | null {
  const open = (manager: Handle) => () => openServiceHandle()(manager, name, access);
  try {
    return withManager(SC_MANAGER_CONNECT, (manager) =>
      lend('OpenService', open(manager), (handle) => use(new ServiceHandle(handle))),
    );
  } catch (error) {
    if (error instanceof Win32Error && error.code === ERROR_SERVICE_DOES_NOT_EXIST) return null;
    throw error;
  }
}

/** Runs as LocalSystem, in a process of its own. */
export function createService(
  name: string,
  displayName: string,
  { startType, imagePath }: ServiceConfig,
  use: (service: ServiceHandle) => void,
): void {
  withManager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, (manager) => {
    const kind = [SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS] as const;
    const start = [startTypes[startType], SERVICE_ERROR_NORMAL] as const;
    const none = [null, null, null, null, null] as const;
    const create = () =>
      createServiceHandle()(manager, name, displayName, ...kind, ...start, imagePath, ...none);
    lend('CreateService', create, (handle) => use(new ServiceHandle(handle)));
  });
}

export type { ServiceConfig, ServiceStatus, StartType };
