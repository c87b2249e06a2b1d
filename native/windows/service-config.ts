// How a service is registered and how it is, as bytes. Layouts: winsvc.h (QUERY_SERVICE_CONFIGW,
// SERVICE_STATUS_PROCESS and the structures that ChangeServiceConfig2 takes), for 64-bit Windows.

import type { FilledBuffer } from './bytes.ts';

export type StartType = 'Automatic' | 'Manual' | 'Disabled';

/** SERVICE_AUTO_START, SERVICE_DEMAND_START, SERVICE_DISABLED. */
export const startTypes = { Automatic: 2, Manual: 3, Disabled: 4 } as const;

export interface ServiceConfig {
  readonly startType: StartType;
  /** Its command line: the host with all its arguments. */
  readonly imagePath: string;
}

export const configOffsets = { startType: 4, binaryPathName: 16 };

export function decodeConfig(config: FilledBuffer): ServiceConfig {
  const { startType: startAt, binaryPathName } = configOffsets;
  config.check(startAt, 4);
  const number = config.view.getUint32(startAt, true);
  const path = config.pointer(binaryPathName);
  return {
    startType:
      number <= startTypes.Automatic
        ? 'Automatic'
        : number === startTypes.Disabled
          ? 'Disabled'
          : 'Manual',
    imagePath: path === null ? '' : config.terminatedText(path),
  };
}

export interface ServiceStatus {
  /** SERVICE_STOPPED and its kin. */
  readonly state: number;
  /** Of the last run that ended; 1066 means that the service has a code of its own. */
  readonly exitCode: number;
  readonly ownExitCode: number;
  readonly pid: number;
}

export const serviceStates = {
  SERVICE_STOPPED: 1,
  SERVICE_START_PENDING: 2,
  SERVICE_STOP_PENDING: 3,
  SERVICE_RUNNING: 4,
} as const;

export const statusOffsets = { state: 4, exitCode: 12, ownExitCode: 16, pid: 28 };
export const statusSize = 36;

export function decodeStatus(bytes: Uint8Array): ServiceStatus {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    state: view.getUint32(statusOffsets.state, true),
    exitCode: view.getUint32(statusOffsets.exitCode, true),
    ownExitCode: view.getUint32(statusOffsets.ownExitCode, true),
    pid: view.getUint32(statusOffsets.pid, true),
  };
}

/** What ChangeServiceConfig2 takes, by its level. */
export const levels = {
  description: 1,
  failureActions: 2,
  delayedAutoStart: 3,
  failureActionsFlag: 4,
  serviceSid: 5,
  requiredPrivileges: 6,
  preshutdown: 7,
} as const;

const textBytes = (text: string): Uint8Array => Buffer.from(`${text}\0`, 'utf16le');

/** A structure that may point to bytes that stand behind it in the same buffer. `base` is where the
 * buffer will lie. */
export type Laid = (base: bigint) => Uint8Array;

const dword = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};

/** SERVICE_DELAYED_AUTO_START_INFO, SERVICE_FAILURE_ACTIONS_FLAG, SERVICE_SID_INFO and
 * SERVICE_PRESHUTDOWN_INFO are one DWORD (or BOOL). */
export const layNumber = (value: number): Uint8Array => dword(value);

/** SERVICE_DESCRIPTIONW is one LPWSTR, SERVICE_REQUIRED_PRIVILEGES_INFOW likewise: a MULTI_SZ. */
export function layText(base: bigint, text: string): Uint8Array {
  const words = textBytes(text);
  const bytes = new Uint8Array(8 + words.length);
  new DataView(bytes.buffer).setBigUint64(0, base + 8n, true);
  bytes.set(words, 8);
  return bytes;
}

export const multiText = (texts: readonly string[]): string =>
  texts.map((text) => `${text}\0`).join('');

const SC_ACTION_RESTART = 1;
export const failureActionsLayout = { resetPeriod: 0, count: 24, actions: 32, size: 40 };
const actionSize = 8; // SC_ACTION: type, delay

/** SERVICE_FAILURE_ACTIONSW: `delays` in milliseconds before each new start; the last one goes for
 * all that follow. After `resetSeconds` without a failure the first one counts again. */
export function layFailureActions(
  base: bigint,
  delays: readonly number[],
  resetSeconds: number,
): Uint8Array {
  const { resetPeriod, count, actions, size } = failureActionsLayout;
  const bytes = new Uint8Array(size + delays.length * actionSize);
  const view = new DataView(bytes.buffer);
  view.setUint32(resetPeriod, resetSeconds, true);
  view.setUint32(count, delays.length, true);
  view.setBigUint64(actions, base + BigInt(size), true);
  for (const [index, delay] of delays.entries()) {
    view.setUint32(size + index * actionSize, SC_ACTION_RESTART, true);
    view.setUint32(size + index * actionSize + 4, delay, true);
  }
  return bytes;
}
