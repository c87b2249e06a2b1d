// The recorder as a Windows service: the host (native/service-host) is registered with the command
// that it runs.

import { setTimeout as delay } from 'node:timers/promises';
import { serviceStates } from '../../../native/windows/service-config.ts';
import {
  SERVICE_QUERY_CONFIG,
  SERVICE_QUERY_STATUS,
  SERVICE_START,
  SERVICE_STOP,
  type ServiceConfig,
  type ServiceStatus,
  type StartType,
  withService,
} from '../../../native/windows/service-control.ts';
import {
  ERROR_SERVICE_ALREADY_RUNNING,
  ERROR_SERVICE_NOT_ACTIVE,
  Win32Error,
} from '../../../native/windows/win32-error.ts';
import { PortReporterError } from '../model/error.ts';
import { description } from './install.ts';
import type { Registration, ServiceManager, ServiceState } from './source.ts';
import type { Step } from './step.ts';
import { splitCommandLine } from './windows-command-line.ts';
import { change, imagePathOf, register, serviceName, unregister } from './windows-registration.ts';

const { SERVICE_STOPPED, SERVICE_START_PENDING, SERVICE_STOP_PENDING } = serviceStates;

/** winerror.h: the service has an exit code of its own; it was never started. */
const ERROR_SERVICE_SPECIFIC_ERROR = 1066;
const ERROR_SERVICE_NEVER_STARTED = 1077;

const lookUp = 'Get-WinEvent -ProviderName PortReporter -MaxEvents 5 has its last words.';

function problemOf({ state, exitCode, ownExitCode }: ServiceStatus): string | null {
  if (state !== SERVICE_STOPPED || exitCode === 0) return null;
  if (exitCode === ERROR_SERVICE_NEVER_STARTED) return null;
  const isOwn = exitCode === ERROR_SERVICE_SPECIFIC_ERROR;
  return isOwn
    ? `the recorder ended with exit code ${ownExitCode}`
    : `Windows says error ${exitCode}`;
}

function stateOf(status: ServiceStatus): ServiceState['state'] {
  if (status.state === SERVICE_START_PENDING) return 'Starting';
  if (status.state === SERVICE_STOP_PENDING) return 'Stopping';
  if (status.state !== SERVICE_STOPPED) return 'Running';
  return problemOf(status) === null ? 'Stopped' : 'Failed';
}

const readConfig = (): ServiceConfig | null =>
  withService(serviceName, SERVICE_QUERY_CONFIG, (service) => service.readConfig());

const readStatus = (): ServiceStatus | null =>
  withService(serviceName, SERVICE_QUERY_STATUS, (service) => service.readStatus());

function failed(message: string): PortReporterError {
  return new PortReporterError('PR_SERVICE_FAILED', message, { target: serviceName, hint: lookUp });
}

const notInstalled = (): PortReporterError =>
  new PortReporterError('PR_NOT_INSTALLED', `There is no service '${serviceName}'.`, {
    target: serviceName,
    hint: 'Install-PortReporter makes it.',
  });

/** Passes over one code. */
function unless(code: number, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Win32Error && error.code === code)) throw error;
  }
}

const pollPause = 100;
/** The host tells the manager every second that it is still at it; this is for one that does not. */
const longestWait = 120_000;

/** Waits while the service is in this state. */
async function waitWhile(state: number): Promise<ServiceStatus> {
  const end = performance.now() + longestWait;
  while (performance.now() < end) {
    const status = readStatus();
    if (status === null) throw notInstalled();
    if (status.state !== state) return status;
    await delay(pollPause);
  }
  const what = state === SERVICE_START_PENDING ? 'start' : 'stop';
  throw failed(`The service did not ${what} within ${longestWait / 1000} s.`);
}

const sentences: Readonly<Record<StartType, string>> = {
  Automatic: 'started at boot (delayed)',
  Manual: 'started by hand',
  Disabled: 'disabled',
};

export class WindowsServiceManager implements ServiceManager {
  readonly name = 'the service control manager';

  async read(): Promise<ServiceState | null> {
    const access = SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS;
    return withService(serviceName, access, (service) => {
      const { startType, imagePath } = service.readConfig();
      const status = service.readStatus();
      return {
        state: stateOf(status),
        startType,
        pid: status.pid || null,
        problem: problemOf(status),
        command: splitCommandLine(imagePath).slice(1),
      };
    });
  }

  async planRegistration(wanted: Registration): Promise<Step[]> {
    const former = readConfig();
    const startTypes = { true: 'Automatic', false: 'Manual', null: former?.startType } as const;
    const startType = startTypes[`${wanted.autoStart}`] ?? 'Manual';
    const config: ServiceConfig = { startType, imagePath: imagePathOf(wanted.command) };
    if (former === null) {
      return [
        {
          description: `Register the service '${serviceName}', ${sentences[startType]}`,
          do: async () => register(config, wanted.description),
          undo: async () => unregister(),
        },
      ];
    }
    if (former.imagePath === config.imagePath && former.startType === startType) return [];
    return [
      {
        description: `Register the service '${serviceName}' anew, ${sentences[startType]}`,
        do: async () => change(config, wanted.description),
        undo: async () => change(former, wanted.description),
      },
    ];
  }

  async planRemoval(): Promise<Step[]> {
    const former = readConfig();
    if (former === null) return [];
    return [
      {
        description: `Remove the service '${serviceName}' and its texts in the event log`,
        do: async () => unregister(),
        undo: async () => register(former, description),
      },
    ];
  }

  async start(): Promise<void> {
    const begin = () => {
      if (withService(serviceName, SERVICE_START, (service) => service.start()) === null)
        throw notInstalled();
    };
    unless(ERROR_SERVICE_ALREADY_RUNNING, begin);
    const problem = problemOf(await waitWhile(SERVICE_START_PENDING));
    if (problem !== null) throw failed(`The service did not start: ${problem}.`);
  }

  async stop(): Promise<void> {
    const ask = () => void withService(serviceName, SERVICE_STOP, (service) => service.askToStop());
    if (readStatus()?.state !== SERVICE_STOP_PENDING) unless(ERROR_SERVICE_NOT_ACTIVE, ask);
    if (readStatus() !== null) await waitWhile(SERVICE_STOP_PENDING);
  }
}
