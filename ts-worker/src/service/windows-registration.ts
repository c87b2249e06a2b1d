// What the service control manager and the event log are told of the recorder.

import { win32 } from 'node:path';
import { deleteKey, writeKey } from '../../../native/windows/registry.ts';
import {
  createService,
  SERVICE_ALL_ACCESS,
  type ServiceConfig,
  type ServiceHandle,
  withService,
} from '../../../native/windows/service-control.ts';
import {
  ERROR_SERVICE_MARKED_FOR_DELETE,
  Win32Error,
} from '../../../native/windows/win32-error.ts';
import { PortReporterError } from '../model/error.ts';
import { joinCommandLine, splitCommandLine } from './windows-command-line.ts';

export const serviceName = 'PortReporter';
export const hostName = 'portreporter-service.exe';

/** The host lies in the release beside Node. */
export function imagePathOf([program, ...args]: readonly [string, ...string[]]): string {
  const host = win32.join(win32.dirname(program), hostName);
  const imagePath = `${joinCommandLine(host, [])} ${joinCommandLine(program, args)}`;
  // The service control manager puts variables of the environment into what stands between them.
  if (!imagePath.includes('%')) return imagePath;
  const message = `A service can't lie in a directory whose path has a '%': '${program}'.`;
  const hint = 'Give -Path another directory.';
  throw new PortReporterError('PR_SETTINGS_INVALID', message, { target: program, hint });
}

const hostOf = (imagePath: string): string => splitCommandLine(imagePath)[0] ?? '';

/** Before each start after a failed one; the host itself restarts a recorder that ends later. */
const recoveryDelays = [60_000, 60_000, 300_000];
const day = 24 * 60 * 60;
/** The recorder's own time to stop is 20 seconds, and the host's a moment more. */
const preshutdownTime = 30_000;

/** SeChangeNotifyPrivilege lets it pass through directories, as every process may; SeDebugPrivilege
 * lets it look at the processes of all users. */
const privileges = ['SeChangeNotifyPrivilege', 'SeDebugPrivilege'];

function configure(service: ServiceHandle, description: string, { startType }: ServiceConfig) {
  service.setDescription(description);
  // Like others that nobody waits for: Windows starts it a moment after the rest.
  service.setDelayedStart(startType === 'Automatic');
  service.setRecovery(recoveryDelays, day);
  service.setOwnSid();
  service.setPrivileges(privileges);
  service.setPreshutdownTime(preshutdownTime);
}

const eventSource = `SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\${serviceName}`;
const allTypes = 7; // EVENTLOG_ERROR_TYPE, EVENTLOG_WARNING_TYPE and EVENTLOG_INFORMATION_TYPE

function nameTexts(imagePath: string): void {
  writeKey(eventSource, { EventMessageFile: hostOf(imagePath), TypesSupported: allTypes });
}

/** Somebody has it open: it goes when he closes it. */
function explain(error: unknown): unknown {
  const isMarked = error instanceof Win32Error && error.code === ERROR_SERVICE_MARKED_FOR_DELETE;
  if (!isMarked) return error;
  const message = `The service '${serviceName}' is being removed, and another program has it open.`;
  const hint = 'Close Services (services.msc) and Task Manager, and run the command again.';
  return new PortReporterError('PR_SERVICE_FAILED', message, { target: serviceName, hint });
}

/** Registers it; what fails half-way is taken back at once. */
export function register(config: ServiceConfig, description: string): void {
  try {
    createService(serviceName, serviceName, config, (service) => {
      try {
        configure(service, description, config);
        nameTexts(config.imagePath);
      } catch (error) {
        service.remove();
        deleteKey(eventSource);
        throw error;
      }
    });
  } catch (error) {
    throw explain(error);
  }
}

export function change(config: ServiceConfig, description: string): void {
  withService(serviceName, SERVICE_ALL_ACCESS, (service) => {
    service.change(config);
    configure(service, description, config);
  });
  nameTexts(config.imagePath);
}

export function unregister(): void {
  withService(serviceName, SERVICE_ALL_ACCESS, (service) => service.remove());
  deleteKey(eventSource);
}
